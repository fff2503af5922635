//! The one place that writes to the terminal: results to standard output, everything about them to standard error.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

/// Writes a line of the result. A reader that went away (`| head`) is not an error.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes the result as one line of JSON.
///
/// # Errors
/// When a value can't be written as JSON.
pub(crate) fn json(value: &impl Serialize) -> serde_json::Result<()> {
    line(serde_json::to_string(value)?);
    Ok(())
}

/// Writes a line about the work: a finding, progress.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes why a command could not do its work.
pub(crate) fn error(text: impl Display) {
    note(format_args!("error: {text}"));
}

/// Rows as columns of even width, two spaces apart and two from the edge.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let shown = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("  {cell:<width$}"));
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["DE", "de-DE", "/de/"], ["GB", "en", "/gb/"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "  DE  de-DE  /de/\n  GB  en     /gb/");
    }
}
