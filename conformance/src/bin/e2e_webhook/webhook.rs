//! The API server asks the webhook about people whom it does not know itself, and roles decide about them.

use crate::api::Outcome;
use crate::cluster::Cluster;
use crate::until;
use crate::world::{GUESTS, World};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

pub async fn show(world: &World, cluster: &Cluster) -> Outcome<()> {
    cluster.make_space().await?;
    let token = world.guests.id_token("jane", &["readers"], &world.guests.options(GUESTS))?;
    let who = cluster.who(&token).await?.ok_or("the API server does not believe the webhook")?;
    println!("\ne2e: by the webhook it is {}, groups {:?}", who.username, who.groups);
    if who.username != "guests:jane" || !who.groups.iter().any(|group| group == "guests:readers") {
        return Err("another user than the webhook's".into());
    }
    let elsewhere = world.guests.id_token("jane", &["readers"], &world.guests.options("elsewhere"))?;
    if cluster.who(&elsewhere).await?.is_some() {
        return Err("a token for somebody else is believed".into());
    }

    if cluster.may_list(&token).await? {
        return Err("she may before she is allowed to".into());
    }
    cluster.grant("guests:readers").await?;
    let (_, granted) = until("the grant", LIMIT, async || may(cluster, &token, true).await).await?;
    cluster.revoke().await?;
    let (_, revoked) = until("the end of the grant", LIMIT, async || may(cluster, &token, false).await).await?;
    println!("e2e: 403 without a RoleBinding, 200 {granted:.1?} after it, 403 {revoked:.1?} after it is gone");

    world.guests.rotate()?;
    let rotated = world.guests.id_token("john", &[], &world.guests.options(GUESTS))?;
    let (_, took) = until("a new key", LIMIT, async || cluster.who(&rotated).await.ok().flatten()).await?;
    println!("e2e: a token by a new key of the issuer is good after {took:.1?}");

    world.configure_guests("visitors:")?;
    let renamed = async || {
        let who = cluster.who(&token).await.ok().flatten()?;
        (who.username == "visitors:jane").then_some(())
    };
    let (_, took) = until("the webhook's new configuration", LIMIT, renamed).await?;
    println!("e2e: the webhook's new configuration serves after {took:.1?}, the API server's memory of 10 s included");
    Ok(())
}

async fn may(cluster: &Cluster, token: &str, expected: bool) -> Option<()> {
    (cluster.may_list(token).await.ok()? == expected).then_some(())
}
