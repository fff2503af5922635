//! One measured part of a run, in a process of its own so that its cost is its own.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use vitrine_core::Timestamp;
use vitrine_generator::{BuildReport, BuildRequest, Mode, Renditions};

use super::Outcome;
use super::chain;
use super::edits::Edit;
use crate::cli::{Content, State};
use crate::config::Config;
use crate::output;
use crate::shop::{self, Shop};

/// What can be asked of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    what: What,
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The moment of a build, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    /// How many changes of a kind are made one after the other
    #[arg(long, default_value_t = 50)]
    changes: usize,
    #[command(flatten)]
    pub(super) content: Content,
    #[command(flatten)]
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// One build.
    Build,
    /// Changes of each kind, published by a worker.
    Changes,
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).map_err(|error| error.to_string())
}

/// What a build did, as the part prints it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Built {
    pub(super) pages: u64,
    pub(super) rendered: u64,
    pub(super) written: u64,
    pub(super) bytes: u64,
}

impl From<&BuildReport> for Built {
    fn from(report: &BuildReport) -> Self {
        let BuildReport { pages, rendered, written, bytes, .. } = report;
        Self { pages: *pages, rendered: *rendered, written: *written, bytes: *bytes }
    }
}

/// Does the part and prints what came of it as JSON.
pub(super) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    match asked.what {
        What::Build => output::json(&build(config, asked).await?)?,
        What::Changes => output::json(&chain::run(config, &asked.out, Edit::ALL, asked.changes).await?)?,
    }
    Ok(Outcome::Done)
}

async fn build(config: &Config, asked: &Arguments) -> Result<Built> {
    let theme = shop::theme(config)?;
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    let request = BuildRequest {
        out: asked.out.clone(),
        countries: Vec::new(),
        as_of: asked.now.unwrap_or_else(shop::now),
        mode: Mode::Incremental,
        renditions: Renditions::Later,
    };
    Ok(Built::from(&shop.generator(store, theme).build(&request).await?))
}
