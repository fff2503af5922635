//! `vitrine check`: what is wrong with the content, all of it at once.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use vitrine_import::{Finding, check_folder};

use super::Outcome;
use crate::cli::Content;
use crate::config::Config;
use crate::report::{Tally, counted};
use crate::{output, shop};

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(crate) content: Content,
}

#[derive(Serialize)]
struct Answer<'a> {
    files: u64,
    #[serde(flatten)]
    tally: Tally,
    findings: &'a [Finding],
}

/// Reads everything, writes nothing.
pub(crate) fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let content = shop::content(config)?;
    let theme = shop::theme(config)?;
    let findings = check_folder(content, &shop::required_messages(&theme))?;
    let (tally, files) = (Tally::of(&findings), files_below(content)?);
    if asked.json {
        output::json(&Answer { files, tally, findings: &findings })?;
    } else {
        for finding in &findings {
            output::line(finding);
        }
        output::line(format_args!("checked {}: {}", counted(files, "file"), verdict(tally)));
    }
    Ok(Outcome::wrong_if(tally.errors > 0))
}

fn verdict(tally: Tally) -> String {
    match tally {
        Tally { errors: 0, warnings: 0 } => "no errors".to_owned(),
        Tally { errors: 0, warnings } => format!("no errors, {}", counted(warnings, "warning")),
        _ => tally.to_string(),
    }
}

fn files_below(folder: &Path) -> std::io::Result<u64> {
    let mut files = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        files += if entry.file_type()?.is_dir() { files_below(&entry.path())? } else { 1 };
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_names_what_there_is() {
        let said = |errors, warnings| verdict(Tally { errors, warnings });
        assert_eq!(said(0, 0), "no errors");
        assert_eq!(said(0, 1), "no errors, 1 warning");
        assert_eq!(said(2, 0), "2 errors, 0 warnings");
    }

    #[test]
    fn files_of_all_folders_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/one"), "").unwrap();
        std::fs::write(folder.path().join("two"), "").unwrap();
        assert_eq!(files_below(folder.path()).unwrap(), 2);
    }
}
