//! `vitrine build`: the content into pages, once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use vitrine_core::{Country, FixedClock, Timestamp};
use vitrine_generator::{BuildReport, BuildRequest, Mode, Renditions};
use vitrine_import::{Counts, ImportCache, Report, import_folder};
use vitrine_workers::Promoter;

use super::Outcome;
use crate::cli::{Content, State};
use crate::config::Config;
use crate::output;
use crate::report::{self, Tally, counted};
use crate::shop::{self, Shop};
use crate::stopwatch::{Stopwatch, Took};

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder the pages go to; again on the same folder, only what changed is written
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only this country; may be given several times
    #[arg(long, value_name = "CC", value_parser = country)]
    country: Vec<Country>,
    /// Render everything into an empty folder and leave the record of what is published alone
    #[arg(long)]
    full: bool,
    /// Build as of this time, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(crate) content: Content,
    #[command(flatten)]
    pub(crate) state: State,
}

fn country(text: &str) -> Result<Country, String> {
    Country::try_new(&text.to_uppercase()).map_err(|error| error.to_string())
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).map_err(|error| error.to_string())
}

/// What a build did, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Summary {
    /// Pages looked at.
    pages: u64,
    /// Files written or removed.
    changed: u64,
    rendered: u64,
    written: u64,
    removed: u64,
    /// Bytes written.
    bytes: u64,
    /// From the start of the command.
    seconds: f64,
    as_of: String,
    revision: i64,
    imported: Counts,
    #[serde(flatten)]
    tally: Tally,
}

/// Imports, then builds with all pictures encoded.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let watch = Stopwatch::start();
    let content = shop::content(config)?;
    let theme = shop::theme(config)?;
    let shop = Shop::open(config).await?;
    let as_of = asked.now.unwrap_or_else(shop::now);
    let options = shop.import_options(Some(&theme), as_of, false);
    let imported = import_folder(&shop.db, content, &options, &mut ImportCache::default()).await?;
    report::import(&imported);
    // Nobody else may run who follows promotions, and pages are to show their prices.
    Promoter::new(shop.db.clone(), Arc::new(FixedClock::new(as_of))).catch_up().await?;
    let request = BuildRequest {
        out: asked.out.clone(),
        countries: asked.country.clone(),
        as_of,
        mode: if asked.full { Mode::Full } else { Mode::Incremental },
        renditions: Renditions::Wait,
    };
    let built = shop.generator(imported.store.clone(), theme).build(&request).await?;
    let summary = Summary::new(&imported, &built, watch.elapsed());
    if asked.json {
        output::json(&summary)?;
    } else {
        summary.tell(asked, watch.elapsed());
    }
    Ok(Outcome::wrong_if(summary.tally.errors > 0))
}

impl Summary {
    fn new(imported: &Report, built: &BuildReport, took: Duration) -> Self {
        Self {
            pages: built.pages,
            changed: built.written + built.removed,
            rendered: built.rendered,
            written: built.written,
            removed: built.removed,
            bytes: built.bytes,
            seconds: took.as_secs_f64(),
            as_of: built.as_of.to_rfc3339(),
            revision: built.revision.0,
            imported: imported.total(),
            tally: Tally::of(&imported.findings),
        }
    }

    fn tell(&self, asked: &Arguments, took: Duration) {
        output::line(format_args!(
            "{}: {}, {} changed ({} rendered, {} written, {} removed), {} bytes, {}, as of {}, revision {}",
            asked.out.display(),
            counted(self.pages, "page"),
            self.changed,
            self.rendered,
            self.written,
            self.removed,
            self.bytes,
            Took(took),
            self.as_of,
            self.revision
        ));
        if self.tally.errors > 0 {
            let items = counted(self.tally.errors, "error");
            output::note(format_args!(
                "{items} in the content: those items are as they were before, or absent"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_read_in_any_case_and_times_as_dates_too() {
        assert_eq!(country("de").unwrap(), Country::try_new("DE").unwrap());
        assert!(country("Germany").is_err());
        assert_eq!(time("2026-11-20").unwrap(), time("2026-11-20T00:00:00Z").unwrap());
        assert!(time("tomorrow").is_err());
    }
}
