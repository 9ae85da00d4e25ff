//! The provider's process.

use super::Failure;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// It ends with this value.
pub struct Provider {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    pub fn start(command: &[String]) -> Result<Self, Failure> {
        let (program, arguments) = command.split_first().ok_or("no command")?;
        let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut provider = Self { child, lines };
        provider.expect("ready")?;
        Ok(provider)
    }

    pub fn order(&mut self, order: &str) -> Result<(), Failure> {
        let input = self.child.stdin.as_mut().ok_or("no input")?;
        writeln!(input, "{order}")?;
        input.flush()?;
        self.expect("done")
    }

    fn expect(&mut self, expected: &str) -> Result<(), Failure> {
        for line in &mut self.lines {
            if line? == expected {
                return Ok(());
            }
        }
        Err(format!("the provider ended before it said {expected:?}").into())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // The end of its input tells it to end; it may have a process of its own to take along.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
