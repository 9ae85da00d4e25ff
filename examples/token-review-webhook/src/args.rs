//! What the program is told: flags, and a file with the same names.

use claimant::k8s::yaml::Document;
use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Answers the TokenReviews of kube-apiserver: whose token is that, by an AuthenticationConfiguration and the keys of
/// its issuers.
///
/// Flags that kube-apiserver has too have its names and meanings. Lengths of time are written as in 500ms, 10s, 5m, 1h.
#[derive(Debug, Clone, Parser)]
#[command(version, args_override_self = true, max_term_width = 100)]
pub struct Args {
    /// A YAML or JSON file that maps the names of these flags, without dashes in front, to their values. A flag on the
    /// command line wins; one that may be given more than once adds to the file's.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// AuthenticationConfiguration (apiserver.config.k8s.io/v1, v1beta1, v1alpha1). It is watched; a broken one leaves
    /// the last good one in service.
    #[arg(long, value_name = "FILE", help_heading = "Whom to believe")]
    pub authentication_config: Option<PathBuf>,
    /// Issuer of the cluster's service accounts. May be given more than once.
    #[arg(long, value_name = "URL", help_heading = "Whom to believe")]
    pub service_account_issuer: Vec<String>,
    /// Keys of service-account tokens: PEM or a JWK set, a file or a folder. They are watched. May be given more than
    /// once.
    #[arg(long, value_name = "FILE", help_heading = "Whom to believe")]
    pub service_account_key_file: Vec<PathBuf>,
    /// Keys of service-account tokens from the API server of the cluster that this pod runs in.
    #[arg(long, help_heading = "Whom to believe")]
    pub service_account_keys_in_cluster: bool,
    /// Audiences of the API server that asks; by default the issuers of its service accounts, as there. Without those
    /// it must be given. Separated by commas.
    #[arg(long, value_name = "AUDIENCE", value_delimiter = ',', help_heading = "Whom to believe")]
    pub api_audiences: Vec<String>,

    /// Where TokenReviews are answered, over TLS.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8443", help_heading = "Serving")]
    pub listen: SocketAddr,
    /// Where /healthz, /readyz and /metrics are answered without TLS.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080", help_heading = "Serving")]
    pub ops_listen: SocketAddr,
    /// Certificate chain, PEM. Watched together with its key: a pair that does not fit, or is out of date, leaves the
    /// last good one in service.
    #[arg(long, value_name = "FILE", help_heading = "Serving")]
    pub tls_cert_file: Option<PathBuf>,
    /// Private key of the certificate, PEM.
    #[arg(long, value_name = "FILE", help_heading = "Serving")]
    pub tls_private_key_file: Option<PathBuf>,
    /// Certificate authorities, PEM. Where given, whoever asks must have a certificate of one of them. Watched.
    #[arg(long, value_name = "FILE", help_heading = "Serving")]
    pub client_ca_file: Option<PathBuf>,
    /// Common name of a client certificate that may ask; by default all. May be given more than once.
    #[arg(long, value_name = "NAME", help_heading = "Serving")]
    pub client_allowed_name: Vec<String>,
    /// How often files are looked at.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration, help_heading = "Serving")]
    pub reload_interval: Duration,

    /// How long a good verdict is remembered; 0s remembers none.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration, help_heading = "Cache")]
    pub cache_ttl: Duration,
    /// How many good verdicts are remembered.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, help_heading = "Cache")]
    pub cache_size: usize,

    /// One JSON object for each verdict is appended to this file, never with the token; - is standard output.
    #[arg(long, value_name = "FILE", help_heading = "Audit")]
    pub audit_log_path: Option<PathBuf>,
    /// 16 bytes, as 32 hexadecimal digits, that the fingerprints of tokens are made with, so that those of several
    /// replicas are the same. Otherwise random.
    #[arg(long, value_name = "FILE", help_heading = "Audit")]
    pub audit_fingerprint_key_file: Option<PathBuf>,
    /// Verdicts that wait to be written; beyond, they are dropped and counted.
    #[arg(long, value_name = "COUNT", default_value_t = 8192, help_heading = "Audit")]
    pub audit_buffer: usize,

    /// Longest request body.
    #[arg(long, value_name = "BYTES", default_value_t = 256 * 1024, help_heading = "Limits")]
    pub max_body_bytes: usize,
    /// Bytes of all bodies that have come and are not yet answered; whoever sends more than is left of them gets 503 at
    /// once, with Retry-After.
    #[arg(long, value_name = "BYTES", default_value_t = 64 * 1024 * 1024, help_heading = "Limits")]
    pub max_body_memory: usize,
    /// How long a request body may take to come.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Limits")]
    pub body_timeout: Duration,
    /// How long a verdict may take, with the wait for a key that is new.
    #[arg(long, value_name = "TIME", default_value = "8s", value_parser = duration, help_heading = "Limits")]
    pub verdict_timeout: Duration,
    /// So many questions are judged at once; the others get 503 at once, with Retry-After.
    #[arg(long, value_name = "COUNT", default_value_t = 512, help_heading = "Limits")]
    pub max_in_flight: usize,
    /// So many connections are open at once; the others are closed.
    #[arg(long, value_name = "COUNT", default_value_t = 1024, help_heading = "Limits")]
    pub max_connections: usize,
    /// How long a TLS handshake, and then the head of each request, may take.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Limits")]
    pub handshake_timeout: Duration,
    /// Connections are ended in good order when they are so old, so that those who hold them find new replicas and
    /// new certificates.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration, help_heading = "Limits")]
    pub max_connection_age: Duration,

    /// So long after the start, /readyz says yes only once all issuers have keys; then one with keys is enough.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration, help_heading = "Serving")]
    pub ready_grace: Duration,

    /// After SIGTERM, /readyz says no for so long before anything is closed.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Shutdown")]
    pub drain_delay: Duration,
    /// Then requests in flight have so long to end.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration, help_heading = "Shutdown")]
    pub drain_timeout: Duration,

    /// What is logged, on standard error: a level, or directives as of tracing-subscriber's EnvFilter.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "LOG", help_heading = "Log")]
    pub log: String,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "json", value_parser = ["json", "text"], help_heading = "Log")]
    pub log_format: String,
}

impl Args {
    /// Reads the command line, and the file that it may name.
    ///
    /// # Errors
    /// Those of either, also `--help`.
    pub fn read(command_line: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let line: Vec<OsString> = command_line.into_iter().map(Into::into).collect();
        let args = Self::try_parse_from(line.clone())?;
        let Some(path) = &args.config else { return Ok(args) };
        let mut words = line.into_iter();
        let program = words.next();
        let file = file_words(path).map_err(|why| {
            let text = format!("--config {}: {why}", path.display());
            Self::command().error(clap::error::ErrorKind::InvalidValue, text)
        })?;
        Self::try_parse_from(program.into_iter().chain(file).chain(words))
    }
}

/// The members of a file as words of a command line.
fn file_words(path: &Path) -> Result<Vec<OsString>, String> {
    let text = std::fs::read(path).map_err(|why| why.to_string())?;
    let value = Document::read(&text).and_then(|document| document.to_json(4)).map_err(|why| why.to_string())?;
    let serde_json::Value::Object(members) = value else { return Err("not a mapping".to_owned()) };
    let mut words = Vec::new();
    for (name, value) in members {
        if name == "config" {
            return Err("config: a file names no other".to_owned());
        }
        let flag = format!("--{name}");
        let scalars = match value {
            serde_json::Value::Array(list) => list,
            scalar => vec![scalar],
        };
        for scalar in scalars {
            match scalar {
                serde_json::Value::Bool(true) => words.push(flag.clone().into()),
                serde_json::Value::Bool(false) | serde_json::Value::Null => {}
                serde_json::Value::String(text) => words.push(format!("{flag}={text}").into()),
                serde_json::Value::Number(number) => words.push(format!("{flag}={number}").into()),
                _ => return Err(format!("{name}: neither a scalar nor a list of scalars")),
            }
        }
    }
    Ok(words)
}

/// `500ms`, `10s`, `5m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| "expected a number and a unit, as in 10s".to_owned())?;
    let seconds = |of: u64| number.checked_mul(of).filter(|all| *all <= YEAR).map(Duration::from_secs);
    let length = match unit {
        "ms" => Some(Duration::from_millis(number)).filter(|length| length.as_secs() <= YEAR),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        _ => return Err("expected one of the units ms, s, m, h".to_owned()),
    };
    length.ok_or_else(|| "more than a year".to_owned())
}

const YEAR: u64 = 366 * 24 * 3600;
