//! `strings/<lang>.ftl`: the messages of a language.

use std::collections::BTreeMap;

use vitrine_content::{Message, messages};
use vitrine_core::{EntityKind, Locale};

use super::folder::Root;
use super::parsed::{ItemFiles, Parsed, languages};
use super::text::{File, Lines};
use crate::error::ImportError;

/// A Fluent file: its source and what check needs of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StringsText {
    pub(crate) source: String,
    /// Its messages with their lines and arguments; empty when the file is no Fluent.
    pub(crate) messages: BTreeMap<String, Message>,
}

/// Fluent files by language.
pub(crate) type Strings = BTreeMap<Locale, Parsed<StringsText>>;

/// Fluent files by language, and the files that are none.
pub(crate) fn strings(root: &Root) -> Result<(Strings, Vec<String>), ImportError> {
    let stamps = root.stamps("strings")?;
    let (langs, strays) = languages(stamps.iter().map(|stamp| stamp.file.as_str()), "ftl", &[]);
    let mut read = BTreeMap::new();
    for lang in langs {
        let mut files = ItemFiles::new(root, EntityKind::Strings, lang.as_str());
        let text = files.other(&format!("strings/{lang}.ftl"), |file| read_strings(&lang, file))?;
        read.insert(lang, files.finish(text));
    }
    Ok((read, strays))
}

fn read_strings(lang: &Locale, file: &File<'_>) -> StringsText {
    let read = messages(lang, file.text);
    let lines = Lines::of(file.text);
    for error in read.as_ref().err().into_iter().flatten() {
        file.error(lines.offset(error.line), error.what.clone());
    }
    StringsText { source: file.text.to_owned(), messages: read.unwrap_or_default() }
}
