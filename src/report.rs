//! How imports, findings and builds are told.

use std::fmt::Display;

use serde::Serialize;
use vitrine_import::{Finding, Report};

use crate::output;

/// How many errors and warnings there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// Items that were not taken.
    pub(crate) errors: u64,
    /// Items to look at.
    pub(crate) warnings: u64,
}

impl Tally {
    /// Counts findings.
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let errors = findings.iter().filter(|finding| finding.is_error()).count() as u64;
        Self { errors, warnings: findings.len() as u64 - errors }
    }
}

impl Display for Tally {
    /// `2 errors, 1 warning`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}", counted(self.errors, "error"), counted(self.warnings, "warning"))
    }
}

/// `1 page`, `2 pages`
pub(crate) fn counted(number: u64, word: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {word}{s}")
}

/// Why something failed, in one line: the causes in turn, each once, and never a backtrace.
pub(crate) fn causes(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        // Errors of libraries often repeat their cause in their own words.
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

/// Prints findings, a line each.
pub(crate) fn findings(findings: &[Finding]) {
    for finding in findings {
        output::note(finding);
    }
}

/// Prints what an import found and left alone; what it did is the caller's to say.
pub(crate) fn import(report: &Report) {
    findings(&report.findings);
    if report.findings_left_out > 0 {
        output::note(format_args!("and {} more", report.findings_left_out));
    }
    for entity in &report.conflicts {
        output::note(format_args!(
            "conflict: {} '{}' was edited elsewhere or belongs to another source; `vitrine import --force` overwrites it",
            entity.kind, entity.id
        ));
    }
    for text in &report.notes {
        output::note(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("disk full").context("store.db: disk full").context("can't save");
        assert_eq!(causes(&error), "can't save: store.db: disk full");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(Tally { errors: 1, warnings: 0 }.to_string(), "1 error, 0 warnings");
    }
}
