//! Reading rules from TOML, with the place of what is wrong.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::Invalid;

/// Something wrong in a text of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key it is about, as `promotions[2].action.percent.off`; empty where the text is no TOML.
    pub field: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for TextError {
    /// `14:9: promotions[0].action.percent.off must be above 0`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{} ", self.field)?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for TextError {}

/// Reads a value from TOML and checks it.
///
/// # Errors
/// Where the text is no TOML or has not the value's shape, the first thing wrong; then all that the check finds, in
/// the order of the text.
pub fn read_toml<T: DeserializeOwned>(
    text: &str,
    check: impl FnOnce(&T) -> Vec<Invalid>,
) -> Result<T, Vec<TextError>> {
    let document = match DeTable::parse(text) {
        Ok(document) => DeValue::Table(document.into_inner()),
        Err(error) => return Err(vec![at(text, error.span(), String::new(), error.message().to_owned())]),
    };
    let value: T = match toml::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let span = error.span();
            let field = span.as_ref().map(|span| key_at(&document, span.start)).unwrap_or_default();
            return Err(vec![at(
                text,
                span,
                field,
                format!("is not as it must be: {}", error.message().trim()),
            )]);
        }
    };
    let invalid = check(&value);
    if invalid.is_empty() {
        return Ok(value);
    }
    let mut errors: Vec<TextError> = invalid
        .into_iter()
        .map(|Invalid { field, what }| at(text, place_of(&document, &field), field, what))
        .collect();
    errors.sort_by_key(|error| (error.line, error.column));
    Err(errors)
}

fn at(text: &str, span: Option<Range<usize>>, field: String, what: String) -> TextError {
    let start = span.map_or(0, |span| span.start).min(text.len());
    let before = text.get(..start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    TextError {
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        field,
        what,
    }
}

/// The place of a key; of one that is absent that of the closest table or value around it.
fn place_of(document: &DeValue<'_>, field: &str) -> Option<Range<usize>> {
    let mut place = None;
    let mut value = document;
    for part in field.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        let next = match value {
            DeValue::Table(table) => {
                let entry = table.iter().find(|(key, _)| key.get_ref().as_ref() == part);
                entry.map(|(key, value)| (key.span(), value.get_ref()))
            }
            DeValue::Array(items) => {
                let item = part.parse::<usize>().ok().and_then(|number| items.get(number));
                item.map(|item| (item.span(), item.get_ref()))
            }
            _ => None,
        };
        let Some((span, inner)) = next else { break };
        place = Some(span);
        value = inner;
    }
    place
}

/// The key whose value stands around a place.
fn key_at(document: &DeValue<'_>, offset: usize) -> String {
    let mut path = String::new();
    let mut value = document;
    loop {
        let next = match value {
            DeValue::Table(table) => table.iter().find_map(|(key, value)| {
                let inside = key.span().contains(&offset) || holds(value.span(), value.get_ref(), offset);
                let dot = if path.is_empty() { "" } else { "." };
                inside.then(|| (format!("{dot}{}", key.get_ref()), value.get_ref()))
            }),
            DeValue::Array(items) => items.iter().enumerate().find_map(|(number, item)| {
                let inside = holds(item.span(), item.get_ref(), offset);
                inside.then(|| (format!("[{number}]"), item.get_ref()))
            }),
            _ => None,
        };
        let Some((part, inner)) = next else { return path };
        path.push_str(&part);
        value = inner;
    }
}

/// Whether a place is within a value: the span of a table in `[brackets]` is only its head.
fn holds(span: Range<usize>, value: &DeValue<'_>, offset: usize) -> bool {
    span.contains(&offset)
        || match value {
            DeValue::Table(table) => table.iter().any(|(key, value)| {
                key.span().contains(&offset) || holds(value.span(), value.get_ref(), offset)
            }),
            DeValue::Array(items) => items.iter().any(|item| holds(item.span(), item.get_ref(), offset)),
            _ => false,
        }
}
