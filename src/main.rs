//! `vitrine`: the one command, a subcommand a role.
//!
//! Owns: the command line, settings, the wiring of the crates, the dev server. Rules of the shop live below.
//!
//! Exit codes: 0 done; 1 done, but something is wrong with the content or does not add up; 2 not done.

mod cli;
mod commands;
mod commerce;
mod config;
mod keeper;
mod listen;
mod logging;
mod output;
mod places;
mod post;
mod report;
mod shop;
mod signals;
mod stopwatch;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::commands::Outcome;
use crate::config::Config;

/// Rendering allocates many small strings on several threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            output::error(report::causes(&error));
            Outcome::NOT_DONE.into()
        }
    }
}

fn start(cli: Cli) -> Result<Outcome> {
    let (command, file, flags) = cli.split();
    let config = Config::load(file.as_deref(), &flags)?;
    logging::start(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(command, &config));
    // Whatever still runs on other threads writes through temporary files and may end half-way.
    runtime.shutdown_background();
    outcome
}

async fn run(command: Command, config: &Config) -> Result<Outcome> {
    let stopped = signals::stopped()?;
    match command {
        Command::Dev(_) => commands::dev::run(config, stopped).await,
        Command::Build(asked) => unless(stopped, commands::build::run(config, &asked)).await,
        Command::Check(asked) => commands::check::run(config, &asked),
        Command::Import(asked) => unless(stopped, commands::import::run(config, &asked)).await,
        Command::Export(asked) => unless(stopped, commands::export::run(config, &asked)).await,
        Command::Migrate(_) => unless(stopped, commands::migrate::run(config)).await,
        Command::Audit(asked) => unless(stopped, commands::audit::run(config, &asked)).await,
        Command::Api(_) => commands::api::run(config, stopped).await,
        Command::Worker(_) => commands::worker::run(config, stopped).await,
        Command::Scheduler(_) => commands::scheduler::run(config, stopped).await,
        Command::Publish(asked) => unless(stopped, commands::publish::run(config, &asked)).await,
        Command::Status(_) => unless(stopped, commands::status::run(config)).await,
        Command::Diff(asked) => unless(stopped, commands::diff::run(config, &asked)).await,
        Command::Queue(asked) => unless(stopped, commands::queue::run(config, &asked)).await,
        Command::Letters(asked) => unless(stopped, commands::letters::run(config, &asked)).await,
        Command::Releases(asked) => unless(stopped, commands::releases::list(config, &asked)).await,
        Command::Rollback(asked) => unless(stopped, commands::releases::rollback(config, &asked)).await,
        Command::Resume(asked) => unless(stopped, commands::releases::resume(config, &asked)).await,
        Command::Verify(asked) => unless(stopped, commands::releases::verify(config, &asked)).await,
        Command::Token(asked) => unless(stopped, commands::token::run(config, &asked)).await,
        Command::Bench(asked) => unless(stopped, commands::bench::run(config, asked)).await,
    }
}

/// Does the work to its end or until somebody stops it; what was committed by then stays.
async fn unless(
    stopped: impl Future<Output = ()>,
    work: impl Future<Output = Result<Outcome>>,
) -> Result<Outcome> {
    tokio::select! {
        outcome = work => outcome,
        () = stopped => {
            output::error("stopped before the end; run it again to finish");
            Ok(Outcome::Stopped)
        }
    }
}
