//! `vitrine import`: a content folder or a catalog feed into the database.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use vitrine_core::StoreId;
use vitrine_import::{FeedLimits, FeedOptions, FeedSource, ImportCache, Report, import_feed, import_folder};

use super::Outcome;
use crate::cli::{Content, State};
use crate::config::Config;
use crate::shop::{self, Shop};
use crate::stopwatch::{Stopwatch, Took};
use crate::{output, report};

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Content folder, or a feed: a file, an http(s) address, - for standard input [default: the content folder]
    #[arg(value_name = "PATH|URL|-")]
    source: Option<String>,
    /// Write over what was edited elsewhere or belongs to another source
    #[arg(long)]
    force: bool,
    /// Store a feed must be for [default: the one its header names]
    #[arg(long, value_name = "ID")]
    store: Option<StoreId>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(crate) content: Content,
    #[command(flatten)]
    pub(crate) state: State,
}

/// Takes what is right and says what is wrong.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let watch = Stopwatch::start();
    let report = match &asked.source {
        Some(source) if !Path::new(source).is_dir() => feed(config, asked, source).await?,
        Some(folder) => {
            let config = Config { content: folder.into(), ..config.clone() };
            self::folder(&config, asked).await?
        }
        None => self::folder(config, asked).await?,
    };
    report::import(&report);
    if asked.json {
        output::json(&report)?;
    } else {
        output::line(format_args!("{report} ({})", Took(watch.elapsed())));
    }
    Ok(Outcome::wrong_if(report.has_errors() || report.total().conflicts > 0))
}

async fn folder(config: &Config, asked: &Arguments) -> Result<Report> {
    let content = shop::content(config)?;
    let theme = shop::theme(config)?;
    let shop = Shop::open(config).await?;
    let options = shop.import_options(Some(&theme), shop::now(), asked.force);
    Ok(import_folder(&shop.db, content, &options, &mut ImportCache::default()).await?)
}

async fn feed(config: &Config, asked: &Arguments, source: &str) -> Result<Report> {
    let shop = Shop::open(config).await?;
    let options = FeedOptions {
        store: asked.store.clone(),
        force: asked.force,
        now: shop::now(),
        limits: FeedLimits::default(),
        trace: None,
    };
    Ok(import_feed(&shop.db, &FeedSource::parse(source), &options).await?)
}
