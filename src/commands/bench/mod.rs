//! `vitrine bench`: how fast it is, beside another tool on the same work.

mod catalog;
mod chain;
mod change;
mod edits;
mod growth;
mod hugo;
mod measure;
mod part;
mod render;
mod report;
mod stack;

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
    /// Publish single changes of the neutral catalog, each from its commit to the bytes in place
    Change(change::Arguments),
    /// Do both on a catalog and on one of ten times its size
    Growth(growth::Arguments),
    /// Change prices of a running production set on this machine, each from its commit to the shopper
    Stack(stack::Arguments),
    /// One measured part, in a process of its own
    #[command(hide = true)]
    Part(part::Arguments),
}

impl Arguments {
    /// The folders of a part; a whole run makes its own.
    pub(crate) fn folders(&self) -> (Option<&Content>, Option<&State>) {
        match &self.asked {
            Asked::Part(part) => (Some(&part.content), Some(&part.state)),
            Asked::Stack(stack) => (None, Some(&stack.state)),
            Asked::Render(_) | Asked::Change(_) | Asked::Growth(_) => (None, None),
        }
    }
}

/// Measures and tells.
pub(crate) async fn run(config: &Config, asked: Arguments) -> Result<Outcome> {
    // Most parts are other processes; waiting for them must not hold up a Ctrl-C.
    match asked.asked {
        Asked::Render(asked) => tokio::task::spawn_blocking(move || render::run(&asked)).await?,
        Asked::Change(asked) => tokio::task::spawn_blocking(move || change::run(&asked)).await?,
        Asked::Growth(asked) => tokio::task::spawn_blocking(move || growth::run(&asked)).await?,
        Asked::Stack(asked) => stack::run(config, &asked).await,
        Asked::Part(asked) => part::run(config, &asked).await,
    }
}
