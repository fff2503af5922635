//! `vitrine queue`: what waits, runs or failed for good, and what becomes of the latter.

use anyhow::Result;
use clap::{Args, Subcommand};
use vitrine_queue::{Listed, Queue, QueueError, State as Standing};

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::places::queue;
use crate::report::counted;
use crate::shop::Shop;

/// Messages listed of each kind.
const LISTED: usize = 50;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    pub(crate) state: State,
}

/// What is done with messages that failed for good.
#[derive(Debug, Subcommand)]
enum Action {
    /// Let dead messages be tried again
    Retry {
        /// Only this one
        id: Option<String>,
    },
    /// Forget dead messages
    Drop {
        /// Only this one
        id: Option<String>,
    },
}

/// Lists, or does what was asked with the dead ones.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let queue = queue(config, &shop).await?;
    match &asked.action {
        None => list(&*queue).await?,
        Some(Action::Retry { id }) => {
            let done = queue.retry_dead(id.as_deref()).await?;
            output::line(format_args!("{} will be tried again", counted(done, "message")));
        }
        Some(Action::Drop { id }) => {
            let done = queue.drop_dead(id.as_deref()).await?;
            output::line(format_args!("{} dropped", counted(done, "message")));
        }
    }
    Ok(Outcome::Done)
}

async fn list(queue: &dyn Queue) -> Result<()> {
    let depth = queue.depth().await?;
    let running = depth.running.map_or_else(|| "?".to_owned(), |running| running.to_string());
    output::line(format_args!(
        "{} waiting, {} delayed, {running} running, {} dead",
        depth.waiting, depth.delayed, depth.dead
    ));
    for state in [Standing::Waiting, Standing::Delayed, Standing::Running, Standing::Dead] {
        let listed = match queue.list(state, LISTED).await {
            // RabbitMQ does not show what its consumers hold.
            Err(QueueError::Unsupported { .. }) => continue,
            listed => listed?,
        };
        let rows: Vec<[String; 5]> = listed.iter().map(|one| row(state, one)).collect();
        if !rows.is_empty() {
            output::line("");
            output::line(output::table(&rows));
        }
    }
    Ok(())
}

fn row(state: Standing, one: &Listed) -> [String; 5] {
    let standing = match state {
        Standing::Waiting => "waiting",
        Standing::Delayed => "delayed",
        Standing::Running => "running",
        Standing::Dead => "dead",
    };
    [
        standing.to_owned(),
        format!("p{}", one.priority),
        one.id.clone(),
        format!("try {}", one.attempt),
        one.reason.clone().unwrap_or_default(),
    ]
}
