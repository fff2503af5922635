//! `vitrine bench growth`: the same work on a catalog and on one of ten times its size, as a table for the docs.

use std::fmt;

use anyhow::Result;
use clap::Args;

use super::catalog::{Catalog, Imported, Size};
use super::change::{self, Report as Changed};
use super::measure::{Cost, Machine};
use super::render::{self, BUILT_AT, LATER};
use super::report::Build;
use crate::commands::Outcome;
use crate::output;

/// How many times larger the second catalog is.
const TIMES: u32 = 10;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    size: Size,
    /// How many changes of each kind are made
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    changes: u32,
}

/// Measures both and tells.
pub(super) fn run(asked: &Arguments) -> Result<Outcome> {
    let larger = Size { products: asked.size.products.saturating_mul(TIMES), ..asked.size.clone() };
    let small = measure(&asked.size, asked.changes)?;
    let large = measure(&larger, asked.changes)?;
    output::line(Table { products: [asked.size.products, larger.products], small, large });
    Ok(Outcome::Done)
}

/// What was measured of one catalog.
struct Measured {
    pages: u64,
    imported: Imported,
    full: Build,
    unchanged: Build,
    sweep: Build,
    changed: Changed,
}

fn measure(size: &Size, changes: u32) -> Result<Measured> {
    let (catalog, _) = Catalog::prepare(size, &["out", "live"])?;
    let imported = catalog.import()?;
    let out = catalog.bench.work.join("out");
    let full = render::build(&catalog, &out, BUILT_AT)?;
    let unchanged = render::build(&catalog, &out, LATER)?;
    let sweep = render::build(&catalog, &out, BUILT_AT)?;
    let changed = change::measure(&catalog, changes)?;
    Ok(Measured { pages: catalog.pages(), imported, full, unchanged, sweep, changed })
}

impl Measured {
    /// Figures with their names and units.
    #[allow(clippy::cast_precision_loss, reason = "counts of a bench")]
    fn figures(&self) -> Vec<(String, f64)> {
        let mib = |cost: Cost| cost.peak as f64 / 1024.0;
        let us = |cost: Cost| cost.cpu() * 1e6 / self.pages as f64;
        let named = |name: &str, figure| (name.to_owned(), figure);
        let mut figures = vec![
            named("pages", self.pages as f64),
            named("feed imported, CPU s", self.imported.feed.cpu()),
            named("full build, wall s", self.full.cost.wall),
            named("full build, CPU us/page", us(self.full.cost)),
            named("full build, peak MiB", mib(self.full.cost)),
            named("nothing changed, wall s", self.unchanged.cost.wall),
            named("nothing changed, all compared, CPU us/page", us(self.sweep.cost)),
            named("nothing changed, all compared, files written", self.sweep.built.written as f64),
        ];
        for changes in &self.changed.changes {
            figures.push((format!("{}, p95 ms", changes.name), changes.wall.p95));
            figures.push((format!("{}, CPU ms", changes.name), changes.cpu.p50));
            figures.push((format!("{}, files written", changes.name), changes.written));
        }
        figures
    }
}

/// Both beside each other, in Markdown.
struct Table {
    products: [u32; 2],
    small: Measured,
    large: Measured,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [small, large] = self.products;
        writeln!(f, "{}\n", Machine::here())?;
        writeln!(f, "| | {small} products | {large} products | times |\n|---|---|---|---|")?;
        for ((name, small), (_, large)) in self.small.figures().iter().zip(self.large.figures()) {
            let times = if *small > 0.0 { format!("{:.1}", large / small) } else { String::new() };
            writeln!(f, "| {name} | {} | {} | {times} |", figure(*small), figure(large))?;
        }
        Ok(())
    }
}

/// Three digits or all before the point.
fn figure(value: f64) -> String {
    match value {
        value if value >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_long_as_they_are_sure() {
        assert_eq!([0.0, 0.123, 12.34, 123.4, 11_110.0].map(figure), ["0", "0.12", "12.3", "123", "11110"]);
    }
}
