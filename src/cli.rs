//! What can be asked on the command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::commands;
use crate::config::Flags;

/// A storefront engine: every country's shop as static HTML, kept fresh by itself.
#[derive(Debug, Parser)]
#[command(name = "vitrine", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Settings [default: vitrine.toml, where it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Log what is done; twice: how
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Without a command: dev.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build the shop, serve it on this machine and follow every change of its files (the default)
    Dev(commands::dev::Arguments),
    /// Import the content and write the pages into a folder
    Build(commands::build::Arguments),
    /// Say what is wrong with the content, line by line
    Check(commands::check::Arguments),
    /// Import a content folder or a catalog feed into the database
    Import(commands::import::Arguments),
    /// Write the database back as a content folder
    Export(commands::export::Arguments),
    /// Bring the database's tables up to date
    Migrate(commands::migrate::Arguments),
    /// Publish what changes: relay, consumer and drain of the queue
    Worker(commands::worker::Arguments),
    /// Ask for builds at their times
    Scheduler(commands::scheduler::Arguments),
    /// Ask for storefronts to be published now
    Publish(commands::publish::Arguments),
    /// Show what is live, what runs and what waits in each country
    Status(commands::status::Arguments),
    /// List what waits, runs or failed for good; retry or drop the latter
    Queue(commands::queue::Arguments),
    /// List letters that were given up; let them be tried again
    Letters(commands::letters::Arguments),
    /// Show what publishing now would change and cost; nothing is written
    Diff(commands::diff::Arguments),
    /// List the releases of a country
    Releases(commands::releases::Storefront),
    /// Show a country as it was after a release, and hold it there
    Rollback(commands::releases::Rollback),
    /// Let publishes of a country go on after a roll-back
    Resume(commands::releases::Storefront),
    /// Hold what is published against the ledger
    Verify(commands::releases::Verify),
    /// Hold the numbers of stock, promotions and payments against what they are sums of
    Audit(commands::audit::Arguments),
    /// Serve the API: publishing, status, webhooks, metrics
    Api(commands::api::Arguments),
    /// Make, list or end tokens of the API
    Token(commands::token::Arguments),
    /// Measure how fast it is
    Bench(commands::bench::Arguments),
}

/// Where the shop's text is.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Content {
    /// Content folder [default: content]
    #[arg(long, value_name = "DIR")]
    pub(crate) content: Option<PathBuf>,
    /// Template folder [default: templates, where it exists, else those built in]
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
}

/// Where the shop's state is.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct State {
    /// State folder: embedded database, pictures [default: .vitrine]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// Where the dev server listens.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Listen {
    /// Port; 0 takes any free one [default: 8080]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Address [default: 127.0.0.1, which only this machine reaches]
    #[arg(long, value_name = "IP")]
    pub(crate) host: Option<IpAddr>,
}

impl Cli {
    /// What was asked for, `dev` where nothing was.
    pub(crate) fn split(self) -> (Command, Option<PathBuf>, Flags) {
        let command = self.command.unwrap_or_else(|| Command::Dev(commands::dev::Arguments::default()));
        let log_level = match self.verbose {
            0 => None,
            1 => Some("info"),
            _ => Some("debug"),
        };
        let flags = Flags { log_level, ..command.flags() };
        (command, self.config, flags)
    }
}

impl Command {
    fn flags(&self) -> Flags {
        let (content, state, listen) = match self {
            Self::Dev(asked) => (Some(&asked.content), Some(&asked.state), Some(&asked.listen)),
            Self::Build(asked) => (Some(&asked.content), Some(&asked.state), None),
            Self::Check(asked) => (Some(&asked.content), None, None),
            Self::Import(asked) => (Some(&asked.content), Some(&asked.state), None),
            Self::Export(asked) => (None, Some(&asked.state), None),
            Self::Migrate(asked) => (None, Some(&asked.state), None),
            Self::Audit(asked) => (None, Some(&asked.state), None),
            Self::Api(asked) => (None, Some(&asked.state), None),
            Self::Worker(asked) => (None, Some(&asked.state), None),
            Self::Scheduler(asked) => (None, Some(&asked.state), None),
            Self::Publish(asked) => (None, Some(&asked.state), None),
            Self::Status(asked) => (None, Some(&asked.state), None),
            Self::Diff(asked) => (None, Some(&asked.state), None),
            Self::Queue(asked) => (None, Some(&asked.state), None),
            Self::Letters(asked) => (None, Some(&asked.state), None),
            Self::Releases(asked) | Self::Resume(asked) => (None, Some(&asked.state), None),
            Self::Rollback(asked) => (None, Some(&asked.storefront.state), None),
            Self::Verify(asked) => (None, Some(&asked.storefront.state), None),
            Self::Token(asked) => (None, Some(asked.state()), None),
            Self::Bench(asked) => {
                let (content, state) = asked.folders();
                (content, state, None)
            }
        };
        Flags {
            content: content.and_then(|content| content.content.clone()),
            templates: content.and_then(|content| content.templates.clone()),
            state: state.and_then(|state| state.state.clone()),
            host: listen.and_then(|listen| listen.host),
            port: listen.and_then(|listen| listen.port),
            api_host: self.api().and_then(|asked| asked.host),
            api_port: self.api().and_then(|asked| asked.port),
            log_level: None,
        }
    }

    fn api(&self) -> Option<&commands::api::Arguments> {
        match self {
            Self::Api(asked) => Some(asked),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_asked_means_dev() {
        let (command, config, _) = Cli::parse_from(["vitrine"]).split();
        assert!(matches!(command, Command::Dev(_)) && config.is_none());
    }

    #[test]
    fn flags_reach_the_settings() {
        let asked = ["vitrine", "dev", "--port", "0", "--state", "/tmp/s", "--content", "shop", "-vv"];
        let (_, _, flags) = Cli::parse_from(asked).split();
        assert_eq!((flags.port, flags.log_level), (Some(0), Some("debug")));
        assert_eq!((flags.state, flags.content), (Some("/tmp/s".into()), Some("shop".into())));
        let (_, _, flags) = Cli::parse_from(["vitrine", "api", "--port", "0", "--host", "::1"]).split();
        assert_eq!(
            (flags.api_port, flags.api_host, flags.port),
            (Some(0), Some("::1".parse().unwrap()), None)
        );
        let (_, _, flags) = Cli::parse_from(["vitrine", "token", "list", "--state", "/tmp/s"]).split();
        assert_eq!(flags.state, Some("/tmp/s".into()));
    }
}
