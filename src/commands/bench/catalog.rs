//! The neutral catalog: made, converted and imported into a state folder of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::measure::{Bench, Cost};
use crate::output;

/// Which catalog is made, and where.
#[derive(Clone, Debug, Args)]
pub(super) struct Size {
    /// Products of the catalog
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) products: u32,
    /// Countries of the catalog; below nine none speaks English, in which the generator makes its addresses
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(9..=20))]
    pub(super) countries: u32,
    /// Folder for everything that is made
    #[arg(long, value_name = "DIR", default_value = ".vitrine/bench")]
    pub(super) work: PathBuf,
    /// Scripts and theme of the bench
    #[arg(long, value_name = "DIR", default_value = "tests/bench")]
    pub(super) files: PathBuf,
}

/// Making the catalog, and turning it into a folder and a feed.
#[derive(Debug, Serialize)]
pub(super) struct Prepared {
    pub(super) made: Cost,
    pub(super) converted: Cost,
    pub(super) feed_bytes: u64,
}

/// Bringing it into a fresh database.
#[derive(Debug, Serialize)]
pub(super) struct Imported {
    pub(super) folder: Cost,
    pub(super) feed: Cost,
}

/// A catalog with the folders around it.
pub(super) struct Catalog {
    pub(super) size: Size,
    pub(super) bench: Bench,
    /// As the generator of the peers' benches makes it.
    pub(super) data: PathBuf,
    store: PathBuf,
    state: PathBuf,
}

impl Catalog {
    /// Makes the catalog of a size anew; `outs` are folders of earlier pages, which are removed.
    pub(super) fn prepare(size: &Size, outs: &[&str]) -> Result<(Self, Prepared)> {
        let files = size.files.canonicalize();
        let files = files.with_context(|| {
            format!(
                "no bench files at {}; run this in the repository, or name them with --files DIR",
                size.files.display()
            )
        })?;
        std::fs::create_dir_all(&size.work).with_context(|| {
            format!("can't write to {}; name another folder with --work DIR", size.work.display())
        })?;
        let work = size.work.canonicalize()?;
        let at = |name: &str| work.join(name);
        let (data, store, state) = (at("data"), at("store"), at("state"));
        let catalog = Self { size: size.clone(), bench: Bench { files, work }, data, store, state };
        let prepared = catalog.make(outs)?;
        Ok((catalog, prepared))
    }

    fn make(&self, outs: &[&str]) -> Result<Prepared> {
        let (products, countries) = (self.size.products.to_string(), self.size.countries.to_string());
        note(format_args!("catalog of {products} products in {countries} countries"));
        for folder in [&self.data, &self.store, &self.state] {
            fresh(folder)?;
        }
        // Long before a build: file systems are slow where many files were just removed.
        for folder in outs {
            fresh(&self.bench.work.join(folder))?;
        }
        let made = self.bench.measured_python(
            "gen_catalog.py",
            &[products.as_ref(), countries.as_ref(), self.data.as_os_str()],
        )?;
        self.bench.python("distinct.py", &[&self.data])?;
        let (theme, templates) = (self.bench.files.join("theme"), self.bench.files.join("../../templates"));
        let converted =
            self.bench.measured_python("to_store.py", &[&self.data, &self.store, &theme, &templates])?;
        let feed_bytes = std::fs::metadata(self.store.join("feed.ndjson"))?.len();
        Ok(Prepared { made, converted, feed_bytes })
    }

    /// Imports folder and feed.
    pub(super) fn import(&self) -> Result<Imported> {
        note("import");
        let import = |source: PathBuf| -> Result<Cost> {
            let mut arguments = vec!["import".into(), source.into_os_string()];
            arguments.extend(self.folders());
            Ok(self.bench.measured_self(&arguments)?.0)
        };
        Ok(Imported {
            folder: import(self.store.join("content"))?,
            feed: import(self.store.join("feed.ndjson"))?,
        })
    }

    fn folders(&self) -> [OsString; 4] {
        ["--state".into(), self.state.clone().into(), "--templates".into(), self.store.join("theme").into()]
    }

    /// A measured part of the run, in a process of its own: `vitrine bench part WHAT --out OUT MORE..`.
    pub(super) fn part<T: DeserializeOwned>(
        &self,
        what: &str,
        out: &Path,
        more: &[&str],
    ) -> Result<(Cost, T)> {
        let mut arguments: Vec<OsString> = ["bench", "part", what, "--out"].map(Into::into).into();
        arguments.push(out.into());
        arguments.extend(self.folders());
        arguments.extend(more.iter().map(Into::into));
        let (cost, printed) = self.bench.measured_self(&arguments)?;
        Ok((cost, serde_json::from_str(&printed).with_context(|| format!("the part printed: {printed}"))?))
    }

    /// Pages that it makes.
    pub(super) fn pages(&self) -> u64 {
        pages(self.size.products, self.size.countries)
    }
}

/// Says on standard error what is done now.
pub(super) fn note(what: impl std::fmt::Display) {
    output::note(format_args!("bench: {what}"));
}

/// Makes sure that nothing is left of an earlier run.
fn fresh(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("can't remove {}: {error}", folder.display())
        }
        _ => Ok(()),
    }
}

/// Pages of the catalog, by the numbers in `gen_catalog.py`: 40 categories, 24 products a listing page, 30 pages of
/// text and a home page.
fn pages(products: u32, countries: u32) -> u64 {
    let listing = |category: u32| products.saturating_sub(category).div_ceil(40).div_ceil(24).max(1);
    let listings: u32 = (0..40).map(listing).sum();
    u64::from(countries) * u64::from(products + listings + 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_those_of_the_peer_benches() {
        assert_eq!(pages(1000, 10), 11_110);
        assert_eq!(pages(5000, 10), 52_710);
        assert_eq!(pages(200, 10), 2_710);
    }
}
