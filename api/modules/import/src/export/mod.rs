//! The database back into a content folder.

mod catalog;
mod commerce;
mod files;
mod shop;
#[cfg(test)]
mod tests;
mod toml;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use vitrine_catalog::Catalog;
use vitrine_core::{Country, Currency, Origin, StoreId};
use vitrine_db::Db;
use vitrine_store::Stores;

use self::files::{Content, Files, Target};
use crate::error::ImportError;
use crate::import::{BATCH, blocking};

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Files that are new or differ from what was there.
    pub written: u64,
    /// Files that were already right.
    pub unchanged: u64,
    /// Files of things that are no more.
    pub removed: u64,
}

/// Origins whose catalog is exported: a feed's products come back with the feed.
const ORIGINS: [Origin; 2] = [Origin::Files, Origin::Admin];

/// Writes a store back as a content folder, in canonical form: imported again, it changes nothing.
///
/// Products and categories of feeds are left out, for they come back with their feed, as are redirects that renames
/// left behind. Files of `folder` that the layout knows and the store no longer has are removed; others stay.
///
/// # Errors
/// When the store is unknown, a file can't be written, or the database fails.
pub async fn export_folder(
    db: &Db,
    store: &StoreId,
    folder: &Path,
    media_dir: &Path,
) -> Result<ExportReport, ImportError> {
    let unknown = || ImportError::UnknownStore { store: store.to_string() };
    let config = Stores::load(db, store).await?.ok_or_else(unknown)?;
    let mut files = Files::default();
    shop::store(&config.config, &mut files);
    config.countries.iter().for_each(|country| shop::country(country, &mut files));
    shop::redirects(Stores::redirects(db, store).await?, &mut files);
    content(db, store, media_dir, &mut files).await?;
    commerce::commerce(db, store, &mut files).await?;
    for origin in ORIGINS {
        if let Some(schema) = Catalog::schema_for_export(db, store, origin).await? {
            catalog::schema(&schema, &mut files);
        }
        for category in Catalog::categories_for_export(db, store, origin).await? {
            catalog::category(&category, &mut files);
        }
    }
    let mut target = write(Target::new(folder), files).await?;
    let currencies: BTreeMap<Country, Currency> =
        config.countries.iter().map(|country| (country.country, country.currency)).collect();
    for origin in ORIGINS {
        target = products(db, store, origin, &currencies, target).await?;
    }
    blocking(move || {
        target.remove_rest()?;
        Ok(target.report)
    })
    .await?
}

async fn content(db: &Db, store: &StoreId, media_dir: &Path, files: &mut Files) -> Result<(), ImportError> {
    let set = vitrine_content::Content::load(db, store).await?;
    if set.navigation_hash.is_some() {
        shop::navigation(&set.navigation, files);
    }
    set.pages.values().for_each(|page| catalog::page(page, files));
    for (lang, source) in set.strings {
        files.push(format!("strings/{lang}.ftl"), Content::Text(source));
    }
    for (file, media) in set.media {
        files.push(format!("media/{file}"), Content::CopyOf(media_dir.join(media.hash.hex())));
    }
    set.alts.iter().for_each(|(lang, alts)| shop::alts(lang, alts, files));
    Ok(())
}

/// Writes the products of an origin, some at a time: a catalog need not fit into memory.
async fn products(
    db: &Db,
    store: &StoreId,
    origin: Origin,
    currencies: &BTreeMap<Country, Currency>,
    mut target: Target,
) -> Result<Target, ImportError> {
    let mut after = 0;
    loop {
        let batch = Catalog::products_for_export(db, store, origin, after, BATCH).await?;
        let Some((last, _)) = batch.last() else { return Ok(target) };
        after = *last;
        let mut files = Files::default();
        batch.iter().for_each(|(_, input)| catalog::product(input, currencies, &mut files));
        target = write(target, files).await?;
    }
}

async fn write(mut target: Target, files: Files) -> Result<Target, ImportError> {
    blocking(move || target.write(files).map(|()| target)).await?
}
