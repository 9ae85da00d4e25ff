//! The way to a real API server, for the programs that have one beside them.

use base64ct::{Base64, Encoding};
use kube::api::{Api, PostParams};
use kube::{Client, Config, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::error::Error;
use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) fn env(name: &str) -> Outcome<String> {
    std::env::var(name).map_err(|_| format!("{name} is not set: start the script of e2e/").into())
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Of whom `E2E_CA` vouches for.
pub(crate) fn client(url: &str, token: Option<&str>) -> Outcome<Client> {
    let mut config = Config::new(url.parse()?);
    config.root_cert = Some(certificates(&std::fs::read_to_string(env("E2E_CA")?)?)?);
    config.auth_info.token = token.map(|token| token.to_owned().into());
    Ok(Client::try_from(config)?)
}

pub(crate) async fn create<K>(api: &Api<K>, object: Value) -> Outcome<K>
where
    K: Resource + DeserializeOwned + Serialize + Clone + Debug,
{
    Ok(api.create(&PostParams::default(), &serde_json::from_value(object)?).await?)
}

fn certificates(pem: &str) -> Outcome<Vec<Vec<u8>>> {
    let body = |block: &str| -> String {
        block.split("-----END").next().unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect()
    };
    let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    blocks.map(|block| Base64::decode_vec(&body(block)).map_err(|error| error.to_string().into())).collect()
}
