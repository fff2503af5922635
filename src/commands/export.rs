//! `vitrine export`: the database as a content folder.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use vitrine_core::StoreId;
use vitrine_import::export_folder;

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::report::counted;
use crate::shop::Shop;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder to write; files of things that are no more are removed
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Store to write, where the database holds several
    #[arg(long, value_name = "ID")]
    store: Option<StoreId>,
    #[command(flatten)]
    pub(crate) state: State,
}

/// Writes the files that are not right already.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let store = match &asked.store {
        Some(store) => store.clone(),
        None => shop.only_store().await?,
    };
    let report = export_folder(&shop.db, &store, &asked.folder, &shop.originals())
        .await
        .with_context(|| format!("can't export to {}", asked.folder.display()))?;
    output::line(format_args!(
        "{}: {} written, {} unchanged, {} removed",
        asked.folder.display(),
        counted(report.written, "file"),
        report.unchanged,
        report.removed
    ));
    Ok(Outcome::Done)
}
