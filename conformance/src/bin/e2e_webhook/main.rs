//! A real API server with our webhook and one AuthenticationConfiguration for both. Started by `e2e/webhook.sh`: it
//! makes the files that the API server is started with, and goes on when that is ready.

#[path = "../../api.rs"]
mod api;
mod cluster;
mod join;
mod same;
mod webhook;
mod world;

use api::Outcome;
use cluster::Cluster;
use std::time::Duration;
use world::World;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let world = World::make()?;
    world.webhook_is_ready().await?;
    std::fs::write(world.file("prepared"), "")?;
    until("the API server", Duration::from_secs(180), async || world.file("ready").exists().then_some(())).await?;
    let cluster = Cluster::new()?;
    same::show(&world, &cluster).await?;
    webhook::show(&world, &cluster).await?;
    join::show(&world, &cluster).await
}

/// Asks again until there is something, and says how long that took.
async fn until<T>(what: &str, limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Outcome<(T, Duration)> {
    let start = std::time::Instant::now();
    loop {
        if let Some(found) = ask().await {
            return Ok((found, start.elapsed()));
        }
        if start.elapsed() > limit {
            return Err(format!("{what}: not within {limit:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
