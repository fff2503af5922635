//! `vitrine status`: each storefront at this moment.

use anyhow::Result;
use clap::Args;
use vitrine_core::{Clock, SystemClock};
use vitrine_generator::StorefrontStatus;
use vitrine_mail::Deliveries;

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::places::Places;
use crate::report::counted;
use crate::shop::{self, Shop};

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) state: State,
}

/// Prints a line for each storefront, and one where letters were given up.
pub(crate) async fn run(config: &Config) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    let places = Places::connect(config, shop.clone(), shop::theme(config)?).await?;
    let all = places.status(&store, SystemClock.now()).await?;
    let rows: Vec<[String; 5]> = all.iter().map(row).collect();
    output::line(output::table(&rows));
    let dead = Deliveries::dead_count(&shop.db).await?;
    if dead > 0 {
        output::line(format_args!("{} given up (vitrine letters)", counted(dead, "letter")));
    }
    Ok(Outcome::Done)
}

fn row(one: &StorefrontStatus) -> [String; 5] {
    let release =
        one.release.as_ref().map_or("no release".to_owned(), |one| format!("release {}", one.release));
    let behind = match (one.revision, one.behind) {
        (None, _) if one.held_at.is_some() => "rolled back".to_owned(),
        (None, _) => "never published".to_owned(),
        (Some(revision), 0) => format!("revision {revision}, up to date"),
        (Some(revision), behind) => format!("revision {revision}, {behind} behind"),
    };
    let held = one.held_at.map(|release| format!("held at release {release}"));
    let running = one.running.as_ref().map(|held| match held.progress {
        Some(progress) if progress.expected > 0 => {
            format!("publishing, {} of about {} pages", progress.pages, progress.expected)
        }
        _ => "publishing".to_owned(),
    });
    let waiting = one.waiting.as_ref().map(|demand| format!("waits: {}", demand.reason));
    let now = held.or(running).or(waiting).unwrap_or_else(|| "idle".to_owned());
    let trouble = one.trouble.as_ref().map(|(why, at)| format!("{} at {}", why, at.to_rfc3339()));
    [one.country.to_string(), release, behind, now, trouble.unwrap_or_default()]
}
