//! A contender in another process: it is told how often to work and says how long that took.

use claimant_benches::{Contender, Fixture};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Starts `program`, which stands beside this one, for one token.
pub fn contender(program: &str, name: &str, fixture: &Fixture) -> Contender {
    let path = std::env::current_exe().unwrap().with_file_name(program);
    let child = Command::new(&path)
        .args(["serve", &format!("{} {}", fixture.subject.name(), fixture.algorithm)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; build all binaries first", path.display()));
    let mut guard = Guard(child);
    let mut asked = guard.0.stdin.take().unwrap();
    let mut answers = BufReader::new(guard.0.stdout.take().unwrap());
    Contender::elsewhere(name, move |times| {
        let _alive = &guard;
        writeln!(asked, "{times}").unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        Duration::from_nanos(line.trim().parse().unwrap())
    })
}

struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
