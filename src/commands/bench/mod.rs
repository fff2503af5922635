//! `vitrine bench`: how fast it is, beside another tool on the same work.

mod hugo;
mod measure;
mod part;
mod render;
mod report;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Outcome;
use crate::cli::{Content, State};
use crate::config::Config;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    asked: Asked,
}

#[derive(Debug, Subcommand)]
enum Asked {
    /// Render the neutral catalog from the database to files, beside Hugo
    Render(render::Arguments),
    /// One measured part, in a process of its own
    #[command(hide = true)]
    Part(part::Arguments),
}

impl Arguments {
    /// The folders of a part; a whole run makes its own.
    pub(crate) fn folders(&self) -> (Option<&Content>, Option<&State>) {
        match &self.asked {
            Asked::Render(_) => (None, None),
            Asked::Part(part) => (Some(&part.content), Some(&part.state)),
        }
    }
}

/// Measures and tells.
pub(crate) async fn run(config: &Config, asked: Arguments) -> Result<Outcome> {
    match asked.asked {
        // The parts are other processes; waiting for them must not hold up a Ctrl-C.
        Asked::Render(asked) => tokio::task::spawn_blocking(move || render::run(&asked)).await?,
        Asked::Part(asked) => part::run(config, &asked).await,
    }
}
