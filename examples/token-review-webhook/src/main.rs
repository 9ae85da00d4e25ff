//! The program: flags, logs, signals.

use std::process::ExitCode;
use token_review_webhook::{Args, Drained, StartError, Webhook, World, recorder};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let args = match Args::read(std::env::args_os()) {
        Ok(args) => args,
        Err(why) => why.exit(),
    };
    if let Err(why) = start_log(&args) {
        eprintln!("--log {}: {why}", args.log);
        return ExitCode::from(2);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => {
            tracing::error!(error = %why, "no threads");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(&args));
    // The process ends here. Dropped, the tasks that keep keys fresh would say that keys serve no longer.
    std::mem::forget(runtime);
    match outcome {
        Ok(code) => code,
        Err(why) => {
            tracing::error!(error = %why, "cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<ExitCode, StartError> {
    let signals = |why: std::io::Error| StartError::File(why);
    let mut terminate = signal(SignalKind::terminate()).map_err(signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(signals)?;
    let (recorder, handle) = recorder()?;
    metrics::set_global_recorder(recorder).map_err(|why| StartError::Metrics(why.to_string()))?;
    let webhook = Webhook::start(args, World::real(handle)).await?;
    either(&mut terminate, &mut interrupt).await;
    tokio::select! {
        drained = webhook.drain() => match drained {
            Drained::Whole => {
                tracing::info!("all requests were answered");
                Ok(ExitCode::SUCCESS)
            }
            Drained::CutOff => {
                tracing::error!("requests were cut off");
                Ok(ExitCode::FAILURE)
            }
        },
        () = either(&mut terminate, &mut interrupt) => {
            tracing::error!("told twice to end: requests are cut off");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn start_log(args: &Args) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(&args.log)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format.as_str() {
        "text" => log.with_ansi(false).init(),
        _ => log.json().flatten_event(true).init(),
    }
    Ok(())
}
