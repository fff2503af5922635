//! `vitrine bench change`: one change through the whole embedded chain, from its commit to the bytes in place.

use std::fmt;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::catalog::{Catalog, Size, note};
use super::chain::Changes;
use super::measure::{Cost, Machine};
use crate::commands::Outcome;
use crate::output;

/// Folder of the pages, in the work folder.
const OUT: &str = "live";

/// What can be asked of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    size: Size,
    /// How many changes of each kind are made
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    changes: u32,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Measures and tells.
pub(super) fn run(asked: &Arguments) -> Result<Outcome> {
    let (catalog, _) = Catalog::prepare(&asked.size, &[OUT])?;
    catalog.import()?;
    let report = measure(&catalog, asked.changes)?;
    match asked.json {
        true => output::json(&report)?,
        false => output::line(&report),
    }
    Ok(Outcome::Done)
}

/// Publishes an imported catalog and then changes of each kind, in a process of its own.
pub(super) fn measure(catalog: &Catalog, changes: u32) -> Result<Report> {
    note(format_args!("first publish, then {changes} changes of each kind"));
    let out = catalog.bench.work.join(OUT);
    let (cost, changes) = catalog.part("changes", &out, &["--changes", &changes.to_string()])?;
    let (products, countries) = (catalog.size.products, catalog.size.countries);
    Ok(Report { products, countries, pages: catalog.pages(), machine: Machine::here(), cost, changes })
}

/// What a run found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    products: u32,
    countries: u32,
    pub(super) pages: u64,
    machine: Machine,
    /// Of the process that made and published the changes, its first publish included.
    cost: Cost,
    pub(super) changes: Vec<Changes>,
}

fn row(changes: &Changes) -> [String; 10] {
    let Changes { name, wall, cpu, written, begun, made, put, closed, sitemaps, .. } = changes;
    let both = |[wall, cpu]: &[f64; 2]| format!("{wall:.1} / {cpu:.1}");
    [
        name.clone(),
        format!("{:.1}", wall.p50),
        format!("{:.1}", wall.p95),
        format!("{:.1}", wall.max),
        format!("{:.1} / {:.1}", cpu.p50, cpu.p95),
        format!("{written:.1}"),
        both(begun),
        both(made),
        both(put),
        format!("{closed:.1} + {sitemaps:.1}"),
    ]
}

impl fmt::Display for Report {
    #[allow(clippy::cast_precision_loss, reason = "a size that is read")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { products, countries, pages, machine, cost, changes } = self;
        let count = changes.first().map_or(0, |changes| changes.count);
        writeln!(
            f,
            "{products} products, {countries} countries, {pages} pages; {count} changes of each kind; {machine}"
        )?;
        writeln!(
            f,
            "ms from the commit to the bytes in place; a / b: on the wall clock / of the CPU, on average"
        )?;
        let head = [
            "",
            "p50",
            "p95",
            "max",
            "CPU p50 / p95",
            "files",
            "until begun",
            "made",
            "put",
            "CPU closed + sitemaps",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(changes.iter().map(row));
        write!(f, "{}\npeak {:.0} MiB", output::table(&rows), cost.peak as f64 / 1024.0)
    }
}
