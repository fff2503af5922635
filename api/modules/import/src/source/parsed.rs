//! What reading one item gave, and how its files are read.

use std::collections::BTreeMap;

use vitrine_core::{Entity, EntityKind, Locale};

use super::folder::Root;
use super::markdown::{Marks, mark};
use super::reader::{Reader, read_toml};
use super::text::{File, split_front_matter};
use crate::error::ImportError;
use crate::report::Finding;

/// An item of the folder as it was read: what could be read of it, and what is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct Parsed<T> {
    pub(crate) item: Entity,
    /// As far as it could be read; an item with errors may still have one, so that everything wrong is said at once.
    pub(crate) value: Option<T>,
    pub(crate) findings: Vec<Finding>,
    /// Links, anchors and pictures of its Markdown.
    pub(crate) marks: BTreeMap<Locale, Marks>,
}

impl<T> Parsed<T> {
    pub(crate) fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }
}

/// The files of one item while they are read.
pub(crate) struct ItemFiles<'r> {
    root: &'r Root,
    pub(crate) item: Entity,
    findings: Vec<Finding>,
    marks: BTreeMap<Locale, Marks>,
}

impl<'r> ItemFiles<'r> {
    pub(crate) fn new(root: &'r Root, kind: EntityKind, id: &str) -> Self {
        let item = Entity { kind, id: id.to_owned() };
        Self { root, item, findings: Vec::new(), marks: BTreeMap::new() }
    }

    /// Reads a TOML file that must be there.
    pub(crate) fn required<T>(
        &mut self,
        relative: &str,
        read: impl FnOnce(Reader<'_, '_>) -> Option<T>,
    ) -> Result<Option<T>, ImportError> {
        let text = self.text(relative)?;
        if text.is_none() && !self.root.path(relative).exists() {
            self.error_at_top(relative, "the file is missing");
        }
        Ok(text.and_then(|text| self.toml(relative, &text, read)))
    }

    /// Reads a TOML file that may be absent.
    pub(crate) fn optional<T>(
        &mut self,
        relative: &str,
        read: impl FnOnce(Reader<'_, '_>) -> Option<T>,
    ) -> Result<Option<T>, ImportError> {
        Ok(self.text(relative)?.and_then(|text| self.toml(relative, &text, read)))
    }

    /// Reads a Markdown file: its front matter, then its body, which is `None` when empty.
    pub(crate) fn markdown<T>(
        &mut self,
        relative: &str,
        lang: &Locale,
        read: impl FnOnce(Reader<'_, '_>, Option<String>) -> T,
    ) -> Result<Option<T>, ImportError> {
        let Some(text) = self.text(relative)? else { return Ok(None) };
        let file = File::new(self.root.shown(relative), &text, Some(self.item.clone()));
        let read = match split_front_matter(&text) {
            Err((offset, what)) => {
                file.error(offset, what);
                None
            }
            Ok(parts) => {
                let body = text.get(parts.body.clone()).filter(|body| !body.is_empty());
                if let Some(body) = body {
                    let marks = mark(&file, body, parts.body.start);
                    self.marks.insert(lang.clone(), marks);
                }
                read_toml(&file, parts.toml, |reader| read(reader, body.map(str::to_owned)))
            }
        };
        self.findings.extend(file.into_findings());
        Ok(read)
    }

    /// Reads the text of a file of another syntax; `read` reports to the file.
    pub(crate) fn other<T>(
        &mut self,
        relative: &str,
        read: impl FnOnce(&File<'_>) -> T,
    ) -> Result<Option<T>, ImportError> {
        let Some(text) = self.text(relative)? else { return Ok(None) };
        let file = File::new(self.root.shown(relative), &text, Some(self.item.clone()));
        let read = read(&file);
        self.findings.extend(file.into_findings());
        Ok(Some(read))
    }

    pub(crate) fn error_at_top(&mut self, relative: &str, what: impl Into<String>) {
        let finding = self.root.at_top(relative, &self.item, what);
        self.findings.push(finding);
    }

    pub(crate) fn finish<T>(self, value: Option<T>) -> Parsed<T> {
        Parsed { item: self.item, value, findings: self.findings, marks: self.marks }
    }

    fn text(&mut self, relative: &str) -> Result<Option<String>, ImportError> {
        Ok(match self.root.text(relative, &self.item)? {
            Some(Ok(text)) => Some(text),
            Some(Err(finding)) => {
                self.findings.push(finding);
                None
            }
            None => None,
        })
    }

    fn toml<T>(
        &mut self,
        relative: &str,
        text: &str,
        read: impl FnOnce(Reader<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let file = File::new(self.root.shown(relative), text, Some(self.item.clone()));
        let value = read_toml(&file, 0..text.len(), read).flatten();
        self.findings.extend(file.into_findings());
        value
    }
}

/// The languages among the files of an item's folder, and the files that belong to nothing.
pub(crate) fn languages<'n>(
    names: impl Iterator<Item = &'n str>,
    extension: &str,
    known: &[&str],
) -> (Vec<Locale>, Vec<String>) {
    let mut langs = Vec::new();
    let mut strays = Vec::new();
    for name in names.filter(|name| !known.contains(name)) {
        let stem = name.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.'));
        match stem.and_then(|stem| stem.parse::<Locale>().ok().filter(|lang| lang.as_str() == stem)) {
            Some(lang) => langs.push(lang),
            None => strays.push(name.to_owned()),
        }
    }
    (langs, strays)
}
