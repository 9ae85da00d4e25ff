//! The life of a token: who asked the API server for it, who was let in with it where, who was refused and why. It
//! joins the API server's audit log with the JSON lines of `claimant::audit`, by the credential id.

mod join;

use join::{Lives, Log};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: life-of-a-token [--json] [--credential ID] --api-server LOG... --ours LOG...

--api-server: audit logs of kube-apiserver (audit.k8s.io/v1, JSON lines, level Metadata or more)
--ours: JSON lines of claimant's audit events, and of what the test kit has issued
--credential: only this one, such as JTI=4f6c...";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["--help"] {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let Some(asked) = Asked::of(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match asked.run(&mut std::io::stdout().lock()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(unread) => {
            eprintln!("life-of-a-token: {unread} lines are no events");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("life-of-a-token: {why}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Asked {
    json: bool,
    credential: Option<String>,
    logs: Vec<(Log, String)>,
}

impl Asked {
    fn of(arguments: &[String]) -> Option<Self> {
        let mut asked = Self::default();
        let mut log = None;
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--json" => asked.json = true,
                "--credential" => asked.credential = Some(rest.next()?.clone()),
                "--api-server" => log = Some(Log::ApiServer),
                "--ours" => log = Some(Log::Ours),
                path => asked.logs.push((log?, path.to_owned())),
            }
        }
        (!asked.logs.is_empty()).then_some(asked)
    }

    /// How many lines could not be read.
    fn run(&self, out: &mut impl Write) -> std::io::Result<u64> {
        let mut lives = Lives::default();
        let mut unread = 0;
        for (log, path) in &self.logs {
            let named = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{path}: {error}"));
            for line in BufReader::new(File::open(path).map_err(named)?).lines() {
                let line = line.map_err(named)?;
                if !line.trim().is_empty() && !lives.take(*log, &line) {
                    unread += 1;
                }
            }
        }
        for (credential, life) in lives.ordered() {
            if self.credential.as_ref().is_some_and(|only| *only != credential) {
                continue;
            }
            if self.json {
                for moment in life {
                    writeln!(out, "{}", serde_json::json!({"credentialId": credential, "moment": moment}))?;
                }
            } else {
                writeln!(out, "{credential}")?;
                for moment in life {
                    writeln!(out, "  {moment}")?;
                }
            }
        }
        Ok(unread)
    }
}
