//! A text file with its lines, so that every complaint has a place.

use std::cell::RefCell;
use std::ops::Range;

use vitrine_core::Entity;

use crate::report::{Finding, Severity};

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column, both from 1 and the column in characters, of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or("");
        (number(line + 1), number(before.chars().count() + 1))
    }

    /// The byte offset at which a line, from 1, begins; the text's end for lines beyond it.
    pub(crate) fn offset(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }
}

/// Line numbers beyond `u32` don't occur in files that fit into memory as text.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// One file while it is read: its name for people, its text and what was found wrong.
#[derive(Debug)]
pub(crate) struct File<'a> {
    /// As findings show it, `content/store.toml`.
    pub(crate) name: String,
    pub(crate) text: &'a str,
    /// The item that is left out when this file is wrong.
    pub(crate) item: Option<Entity>,
    lines: Lines<'a>,
    findings: RefCell<Vec<Finding>>,
}

impl<'a> File<'a> {
    pub(crate) fn new(name: String, text: &'a str, item: Option<Entity>) -> Self {
        Self { name, text, item, lines: Lines::of(text), findings: RefCell::default() }
    }

    /// Line and column, from 1, of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> (u32, u32) {
        self.lines.place(offset)
    }

    pub(crate) fn error(&self, offset: usize, what: impl Into<String>) {
        self.find(Severity::Error, offset, what.into());
    }

    pub(crate) fn find(&self, severity: Severity, offset: usize, what: String) {
        let (line, column) = self.place(offset);
        let finding =
            Finding { file: self.name.clone(), line, column, severity, what, item: self.item.clone() };
        self.findings.borrow_mut().push(finding);
    }

    /// What stands at `span`, shortened to one line, for `(found ..)`.
    pub(crate) fn excerpt(&self, span: Range<usize>) -> String {
        const LONGEST: usize = 40;
        let text = self.text.get(span).unwrap_or("").lines().next().unwrap_or("").trim();
        if text.chars().count() <= LONGEST {
            return text.to_owned();
        }
        text.chars().take(LONGEST).chain(['…']).collect()
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings.into_inner()
    }
}

/// A Markdown file: TOML between two lines of `+++`, then the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FrontMatter {
    /// Bytes of the TOML in the file.
    pub(crate) toml: Range<usize>,
    /// Bytes of the text in the file, without blank lines around it.
    pub(crate) body: Range<usize>,
}

/// The fence of front matter.
const FENCE: &str = "+++";

/// Splits a file at its fences; the error says what is missing, at a byte offset.
pub(crate) fn split_front_matter(text: &str) -> Result<FrontMatter, (usize, &'static str)> {
    let mut offset = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        match (line.trim_end() == FENCE, start) {
            (true, None) => start = Some(end),
            (true, Some(start)) => {
                return Ok(FrontMatter { toml: start..offset, body: trimmed(text, end) });
            }
            (false, None) if !line.trim().is_empty() => {
                return Err((
                    offset,
                    "the file must begin with a line '+++', keys in TOML and another '+++'",
                ));
            }
            (false, _) => {}
        }
        offset = end;
    }
    let what = match start {
        Some(_) => "the front matter is not closed with a line '+++'",
        None => "the file is empty; it needs keys in TOML between two lines '+++'",
    };
    Err((start.map_or(0, |start| start - 1), what))
}

/// The span from `from` without blank lines at its beginning and white space at its end.
fn trimmed(text: &str, from: usize) -> Range<usize> {
    let rest = text.get(from..).unwrap_or("");
    let blank: usize =
        rest.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum();
    let start = from + blank;
    let end = start + text.get(start..).unwrap_or("").trim_end().len();
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let lines = Lines::of("ab\nä = 5\n\nx");
        assert_eq!(lines.place(0), (1, 1));
        assert_eq!(lines.place("ab\nä ".len()), (2, 3), "columns are characters, not bytes");
        assert_eq!(lines.place("ab\nä = 5\n\n".len()), (4, 1));
        assert_eq!([lines.offset(1), lines.offset(2), lines.offset(9)], [0, 3, lines.text.len()]);
    }

    #[test]
    fn front_matter_is_split_with_right_offsets() {
        let text = "+++\nname = \"x\"\n+++\n\n  Body\n+++\nend\n\n";
        let parts = split_front_matter(text).unwrap();
        assert_eq!(&text[parts.toml], "name = \"x\"\n");
        assert_eq!(&text[parts.body], "  Body\n+++\nend", "a fence in the text is text");
        let empty = "+++\r\nname = \"x\"\r\n+++\r\n";
        let parts = split_front_matter(empty).unwrap();
        assert_eq!((&empty[parts.toml], &empty[parts.body]), ("name = \"x\"\r\n", ""));
    }

    #[test]
    fn missing_fences_are_errors_with_a_place() {
        assert_eq!(split_front_matter("\nname = 1\n").unwrap_err().0, 1);
        assert!(split_front_matter("+++\nname = 1\n").unwrap_err().1.contains("not closed"));
        assert!(split_front_matter("").unwrap_err().1.contains("empty"));
    }
}
