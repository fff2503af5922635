//! Settings: defaults, then `vitrine.toml`, then `VITRINE_*`, then flags; the later one holds.
//!
//! Every default works on a bare machine. A value that can't be used stops start-up with its key, the value and what
//! is allowed.

mod mail;
mod service;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use vitrine_api::Origin;
use vitrine_core::Country;
use vitrine_intake::Network;

pub(crate) use self::mail::{MailFrom, MailUrl};
pub(crate) use self::service::{Listed, PaymentsBy, StripeKey, StripeWebhookSecrets, WebhookSecrets};

/// The file looked for in the current folder.
pub(crate) const FILE: &str = "vitrine.toml";
const PREFIX: &str = "VITRINE_";

/// Every key with what is allowed as its value; the order is that of the messages.
const KEYS: &[(&str, &str)] = &[
    ("content", "a folder"),
    ("state", "a folder"),
    ("templates", "a folder"),
    ("host", "an IP address such as 127.0.0.1 or 0.0.0.0"),
    ("port", "a number from 0 to 65535; 0 takes any free port"),
    ("api_host", "an IP address such as 127.0.0.1 or 0.0.0.0"),
    ("api_port", "a number from 0 to 65535; 0 takes any free port"),
    ("api_proxies", "networks such as 10.0.0.0/8"),
    ("api_origins", "origins such as https://nimbus.example"),
    ("api_rate", "requests of one client in a minute, at least 1"),
    ("payments", "test or stripe"),
    ("stripe_secret_key", "a secret key of Stripe, sk_.. or rk_.."),
    ("stripe_webhook_secrets", "one or two signing secrets of Stripe, whsec_.."),
    ("webhook_secrets", "store=secret, secrets of 32 characters or more, at most two of a store"),
    ("webhook_hosts", "hosts such as pim.example"),
    ("webhook_networks", "networks such as 10.0.0.0/8"),
    ("mail_url", "smtps://user:password@host:465, or smtp://.. for STARTTLS (for none on this machine)"),
    ("mail_from", "a mail address such as shop@example.com"),
    ("publish_to", "a folder, or s3://bucket/prefix"),
    ("s3_endpoint", "the address of a service like S3, http://host:port"),
    ("s3_region", "a region such as eu-central-1"),
    ("cdn", "cloudfront:DISTRIBUTION, or the addresses of caches, http://host:port,.."),
    (
        "cdn_budget",
        "what invalidations may cost in a month, in whole US dollars; 0 keeps to those that cost nothing",
    ),
    ("cdn_secret", "what caches ask for before they forget anything"),
    ("places", "a table for each country with its own publish_to or cdn"),
    ("queue_url", "amqp://user:password@host:5672/vhost"),
    ("scheduler_port", "a number from 0 to 65535; 0 takes any free port"),
    ("worker_port", "a number from 0 to 65535; 0 takes any free port"),
    ("worker_slots", "how many publishes run at once, at least 1"),
    ("database_url", "sqlite:///path/file.db or postgres://user:password@host/database"),
    ("log_format", "text or json"),
    ("log_level", "error, warn, info, debug or trace"),
];
/// Keys whose values are never shown.
const SECRET: &[&str] = &[
    "cdn_secret",
    "database_url",
    "mail_url",
    "queue_url",
    "stripe_secret_key",
    "stripe_webhook_secrets",
    "webhook_secrets",
];
/// Keys that move money: they stand in the environment, never in a file that is copied and committed.
const ENVIRONMENT_ONLY: &[&str] = &["stripe_secret_key", "stripe_webhook_secrets"];

/// How a run is set up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The content folder.
    pub(crate) content: PathBuf,
    /// Where the embedded database, pictures and the dev server's site are kept.
    pub(crate) state: PathBuf,
    /// Templates to use; without it `templates/` where it exists, else those built in.
    pub(crate) templates: Option<PathBuf>,
    /// Address the dev server listens at.
    pub(crate) host: IpAddr,
    /// Port the dev server listens at.
    pub(crate) port: u16,
    /// Address the API listens at.
    pub(crate) api_host: IpAddr,
    /// Port the API listens at.
    pub(crate) api_port: u16,
    /// Proxies whose word on who a client is counts.
    pub(crate) api_proxies: Listed<Network>,
    /// Origins whose pages may call the API for shoppers; empty means the store's own.
    pub(crate) api_origins: Listed<Origin>,
    /// Requests of one client in a minute.
    pub(crate) api_rate: NonZeroU32,
    /// Who moves the money of cards and wallets.
    pub(crate) payments: PaymentsBy,
    /// What Stripe knows the shop by.
    pub(crate) stripe_secret_key: Option<StripeKey>,
    /// What Stripe signs with.
    pub(crate) stripe_webhook_secrets: StripeWebhookSecrets,
    /// What webhooks are signed with, by store.
    pub(crate) webhook_secrets: WebhookSecrets,
    /// The only hosts feeds are fetched from; empty means any.
    pub(crate) webhook_hosts: Listed<String>,
    /// Private networks feeds may be fetched from all the same.
    pub(crate) webhook_networks: Listed<Network>,
    /// The server that letters go to; without it they are written into `<state>/mail`.
    pub(crate) mail_url: Option<MailUrl>,
    /// The address that letters come from; without it that of the store's organization.
    pub(crate) mail_from: Option<MailFrom>,
    /// Where storefronts are published: a folder or `s3://bucket/prefix`; without it `<state>/site`.
    pub(crate) publish_to: Option<String>,
    /// A service like S3 other than Amazon's.
    pub(crate) s3_endpoint: Option<String>,
    /// The buckets' region.
    pub(crate) s3_region: Option<String>,
    /// The CDN in front.
    pub(crate) cdn: Option<String>,
    /// What a month's invalidations may cost, in US dollars; without it there is no end.
    pub(crate) cdn_budget: Option<u32>,
    /// What caches ask for before they forget anything.
    pub(crate) cdn_secret: Option<Secret>,
    /// Places of single countries.
    pub(crate) places: BTreeMap<Country, PlaceConfig>,
    /// The broker; without it the queue is in the database.
    pub(crate) queue_url: Option<Secret>,
    /// Port at which a worker answers probes and shows its metrics; without it, at none.
    pub(crate) worker_port: Option<u16>,
    /// The same for a scheduler.
    pub(crate) scheduler_port: Option<u16>,
    /// Publishes that run at once in a worker.
    pub(crate) worker_slots: NonZeroUsize,
    /// Database; without it `<state>/vitrine.db`.
    pub(crate) database_url: Option<DatabaseUrl>,
    /// How log lines look.
    pub(crate) log_format: LogFormat,
    /// Least severe level that is logged.
    pub(crate) log_level: LogLevel,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            content: PathBuf::from("content"),
            state: PathBuf::from(".vitrine"),
            templates: None,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8080,
            api_host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            api_port: 8081,
            api_proxies: Listed::default(),
            api_origins: Listed::default(),
            api_rate: NonZeroU32::MIN.saturating_add(599),
            payments: PaymentsBy::Test,
            stripe_secret_key: None,
            stripe_webhook_secrets: StripeWebhookSecrets::default(),
            webhook_secrets: WebhookSecrets::default(),
            webhook_hosts: Listed::default(),
            webhook_networks: Listed::default(),
            mail_url: None,
            mail_from: None,
            publish_to: None,
            s3_endpoint: None,
            s3_region: None,
            cdn: None,
            cdn_budget: None,
            cdn_secret: None,
            places: BTreeMap::new(),
            queue_url: None,
            worker_port: None,
            scheduler_port: None,
            worker_slots: NonZeroUsize::MIN.saturating_add(1),
            database_url: None,
            log_format: LogFormat::Text,
            log_level: LogLevel::Warn,
        }
    }
}

/// Where one country is published; what is absent is as for all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PlaceConfig {
    /// A folder or `s3://bucket/prefix`.
    pub(crate) publish_to: Option<String>,
    /// The CDN in front.
    pub(crate) cdn: Option<String>,
}

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Secret(String);

impl Secret {
    /// The value, for connecting only.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines; a terminal still gets text.
    Json,
}

/// Least severe level that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    /// What failed.
    Error,
    /// What somebody should look at.
    Warn,
    /// What was done.
    Info,
    /// How.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// As in a filter directive.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Address of a database; may hold a password, so it never shows itself.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address, for connecting only.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = &'static str;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        let known =
            ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if known { Ok(Self(url)) } else { Err("not a database this program knows") }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// What flags set; `None` leaves what the file, the environment or the default says.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Flags {
    /// `--content`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<PathBuf>,
    /// `--state`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<PathBuf>,
    /// `--templates`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) templates: Option<PathBuf>,
    /// `--host`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<IpAddr>,
    /// `--port`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    /// `--host` of `vitrine api`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_host: Option<IpAddr>,
    /// `--port` of `vitrine api`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_port: Option<u16>,
    /// `-v`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_level: Option<&'static str>,
}

impl Config {
    /// Reads the settings of this process.
    ///
    /// # Errors
    /// One line that names the key, the value and what is allowed; or that a file asked for is absent.
    pub(crate) fn load(file: Option<&Path>, flags: &Flags) -> Result<Self> {
        if let Some(file) = file
            && !file.is_file()
        {
            bail!("{}: no such configuration file", file.display());
        }
        let variables = Env::prefixed(PREFIX);
        let environment = variables.iter().map(|(key, value)| (key.as_str().to_owned(), value));
        Self::from_sources(file.unwrap_or(Path::new(FILE)), environment, flags)
    }

    fn from_sources(
        file: &Path,
        environment: impl Iterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Self> {
        let environment = known_variables(environment)?;
        // Variables are text; `extract_lossy` reads numbers out of them, so that a folder may be called `2026`.
        let written = if file.exists() { Figment::from(Toml::file_exact(file)) } else { Figment::new() };
        if let Some(key) = ENVIRONMENT_ONLY.iter().find(|key| written.contains(key)) {
            bail!("{}: {key} does not belong into a file; set {}", file.display(), variable(key));
        }
        let figment = written.merge(Serialized::defaults(&environment)).merge(Serialized::defaults(flags));
        figment.extract_lossy().map_err(|error| {
            let lines: Vec<String> =
                error.into_iter().map(|error| explain(&figment, file, &environment, &error)).collect();
            anyhow::anyhow!(lines.join("\n"))
        })
    }
}

/// The variables that are settings, by key.
///
/// Variables that nothing here reads are left alone (tests and scripts have their own), unless one is so close to a
/// setting that it must be a slip of the hand.
fn known_variables(variables: impl Iterator<Item = (String, String)>) -> Result<BTreeMap<String, String>> {
    let mut known = BTreeMap::new();
    for (key, value) in variables {
        if KEYS.iter().any(|(name, _)| *name == key) {
            known.insert(key, value);
        } else if let Some(meant) = similar(&key) {
            let (found, meant) = (variable(&key), variable(meant));
            bail!("{found}: no such setting (did you mean {meant}?)");
        }
    }
    Ok(known)
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase())
}

fn similar(key: &str) -> Option<&'static str> {
    let (name, distance) =
        KEYS.iter().map(|(name, _)| (*name, strsim::osa_distance(name, key))).min_by_key(|(_, d)| *d)?;
    (distance <= 2 && distance * 3 <= name.len()).then_some(name)
}

fn explain(
    figment: &Figment,
    file: &Path,
    environment: &BTreeMap<String, String>,
    error: &figment::Error,
) -> String {
    let file = file.display();
    if let Kind::UnknownField(key, _) = &error.kind {
        let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
        let hint = similar(key).map(|name| format!("did you mean '{name}'? ")).unwrap_or_default();
        return format!("{file}: no such setting '{key}' ({hint}allowed: {})", names.join(", "));
    }
    let Some(key) = error.path.first() else {
        return format!("{file}: {}", one_line(&error.kind.to_string()));
    };
    let place = if environment.contains_key(key) { variable(key) } else { format!("{file}: {key}") };
    let found = if SECRET.contains(&key.as_str()) { "(hidden)".to_owned() } else { shown(figment, key) };
    let allowed = KEYS.iter().find(|(name, _)| name == key).map_or("another value", |(_, allowed)| allowed);
    format!("{place} is {found}, which is not allowed (allowed: {allowed})")
}

fn shown(figment: &Figment, key: &str) -> String {
    figment
        .find_value(key)
        .ok()
        .and_then(|value| serde_json::to_string(&value).ok())
        .unwrap_or_else(|| "missing".to_owned())
}

/// The place and the reason of a TOML message, without the drawing between them.
fn one_line(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next_back() {
        Some(last) => format!("{first}: {last}"),
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests;
