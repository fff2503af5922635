//! TOML read with positions: every value knows where it stands, and keys nobody asked for are errors.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use vitrine_core::{Currency, Money, Timestamp};

use super::text::File;

/// Runs `read` over the TOML in `span` of a file; a syntax error is a finding and nothing is read.
pub(crate) fn read_toml<T>(
    file: &File<'_>,
    span: Range<usize>,
    read: impl FnOnce(Reader<'_, '_>) -> T,
) -> Option<T> {
    let base = span.start;
    let text = file.text.get(span).unwrap_or("");
    match DeTable::parse(text) {
        Ok(document) => Some(read(Reader {
            file,
            base,
            table: document.get_ref(),
            span: 0..0,
            asked: RefCell::default(),
        })),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            file.error(base + at, format!("not TOML: {}", error.message()));
            None
        }
    }
}

/// A table, read key by key. Call [`Reader::finish`] when all keys were asked for.
pub(crate) struct Reader<'f, 't> {
    file: &'f File<'f>,
    base: usize,
    table: &'f DeTable<'t>,
    span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'f, 't> Reader<'f, 't> {
    /// The value of a key that may be absent.
    pub(crate) fn take<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(Node<'f, 't>) -> Option<T>,
    ) -> Option<T> {
        self.asked.borrow_mut().push(key);
        self.node(key).and_then(read)
    }

    /// The value of a key that must be there; its absence is an error at the table.
    pub(crate) fn need<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(Node<'f, 't>) -> Option<T>,
    ) -> Option<T> {
        if self.table.get(key).is_none() {
            self.file.error(self.base + self.span.start, format!("missing key '{key}'"));
        }
        self.take(key, read)
    }

    /// Each entry of a table whose keys are free; none when it is absent.
    pub(crate) fn entries(&self, key: &'static str) -> Vec<(Name<'f>, Node<'f, 't>)> {
        self.take(key, Node::entries).unwrap_or_default()
    }

    /// Each table of a `[[key]]`; none when it is absent.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Reader<'f, 't>> {
        self.take(key, |node| node.list(|entry| entry.table())).unwrap_or_default()
    }

    /// Reports an error at the beginning of this table.
    pub(crate) fn error(&self, what: impl Into<String>) {
        self.file.error(self.base + self.span.start, what);
    }

    /// All entries of this table, for one whose keys are free.
    pub(crate) fn all(&self) -> Vec<(Name<'f>, Node<'f, 't>)> {
        self.table.iter().map(|(key, value)| self.entry(key, value)).collect()
    }

    /// Reports the keys that nobody asked for, with the nearest of those that were.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|key| !asked.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let hint = nearest(name, asked.iter().copied())
                .map(|near| format!(" (did you mean '{near}'?)"))
                .unwrap_or_default();
            self.file.error(self.base + key.span().start, format!("unknown key '{name}'{hint}"));
        }
    }

    fn node(&self, key: &str) -> Option<Node<'f, 't>> {
        self.table.get_key_value(key).map(|(key, value)| self.entry(key, value).1)
    }

    fn entry(
        &self,
        key: &'f Spanned<std::borrow::Cow<'t, str>>,
        value: &'f Spanned<DeValue<'t>>,
    ) -> (Name<'f>, Node<'f, 't>) {
        let name = Name { file: self.file, at: self.base + key.span().start, text: key.get_ref().as_ref() };
        (name, Node { file: self.file, base: self.base, name: name.text, value })
    }
}

/// The candidate that `found` was probably meant to be.
pub(crate) fn nearest<'c>(found: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let length = |text: &str| text.chars().count();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(found, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (length(found).max(length(candidate)) / 3).clamp(1, 3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// A free key of a table.
#[derive(Clone, Copy)]
pub(crate) struct Name<'f> {
    file: &'f File<'f>,
    at: usize,
    pub(crate) text: &'f str,
}

impl Name<'_> {
    /// The key as an id.
    pub(crate) fn parse<T: FromStr<Err: Display>>(self) -> Option<T> {
        self.text.parse().map_err(|error: T::Err| self.error(error.to_string())).ok()
    }

    pub(crate) fn error(self, what: impl Into<String>) {
        self.file.error(self.at, what);
    }
}

/// A value with its place; each method reports what is wrong and answers `None` then.
#[derive(Clone, Copy)]
pub(crate) struct Node<'f, 't> {
    file: &'f File<'f>,
    base: usize,
    /// The key it stands under; of an element of a list the list's.
    name: &'f str,
    value: &'f Spanned<DeValue<'t>>,
}

impl<'f, 't> Node<'f, 't> {
    pub(crate) fn error(self, what: impl Into<String>) {
        self.file.error(self.base + self.value.span().start, what);
    }

    /// The source text of the value, shortened.
    pub(crate) fn found(self) -> String {
        let span = self.value.span();
        self.file.excerpt(self.base + span.start..self.base + span.end)
    }

    fn wrong<T>(self, allowed: &str) -> Option<T> {
        self.error(format!("'{}' must be {allowed} (found {})", self.name, self.found()));
        None
    }

    fn str(self) -> Option<&'f str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.as_ref()),
            _ => self.wrong("a text in quotes"),
        }
    }

    /// A text that says something.
    pub(crate) fn text(self) -> Option<String> {
        match self.str()?.trim() {
            "" => self.wrong("a text that is not empty"),
            text => Some(text.to_owned()),
        }
    }

    /// A text that is read by its type's own rule.
    pub(crate) fn parse<T: FromStr<Err: Display>>(self) -> Option<T> {
        self.parse_with(str::parse)
    }

    pub(crate) fn parse_with<T, E: Display>(self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        parse(self.str()?).map_err(|error| self.error(format!("'{}': {error}", self.name))).ok()
    }

    /// One of a fixed set of words.
    pub(crate) fn one_of<T: Copy>(self, words: &[(&'static str, T)]) -> Option<T> {
        let found = self.str()?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == found) {
            return Some(*value);
        }
        let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let hint = nearest(found, allowed.iter().copied()).map(|near| format!("; did you mean '{near}'?"));
        let hint = hint.unwrap_or_default();
        self.error(format!("'{}' must be one of {} (found '{found}'{hint})", self.name, allowed.join(", ")));
        None
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => self.wrong("true or false"),
        }
    }

    /// A whole number that fits.
    pub(crate) fn whole<T: TryFrom<i64>>(self) -> Option<T> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => return self.wrong("a whole number"),
        };
        match number.and_then(|number| T::try_from(number).ok()) {
            Some(number) => Some(number),
            None => self.wrong("a whole number within range"),
        }
    }

    /// The digits of a decimal number as they are written: never through a binary fraction.
    pub(crate) fn decimal(self) -> Option<String> {
        let digits = match self.value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return self.wrong("a decimal number"),
        };
        let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
        if unsigned.is_empty() || !unsigned.chars().all(|c| c.is_ascii_digit() || c == '.') {
            return self.wrong("a plain decimal number");
        }
        Some(digits.strip_prefix('+').unwrap_or(digits).to_owned())
    }

    /// An amount in a currency, exactly.
    pub(crate) fn money(self, currency: Currency) -> Option<Money> {
        let digits = self.decimal()?;
        Money::parse(&digits, currency).map_err(|error| self.error(format!("'{}': {error}", self.name))).ok()
    }

    /// A moment: an RFC 3339 time, or a date for its midnight in UTC.
    pub(crate) fn time(self) -> Option<Timestamp> {
        let text = match self.value.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => return self.wrong("a time such as 2026-11-20T00:00:00Z or a date"),
        };
        match Timestamp::parse_rfc3339(&text) {
            Ok(time) => Some(time),
            Err(_) => self.wrong("a time such as 2026-11-20T00:00:00Z or a date"),
        }
    }

    /// Each element of a list that can be read.
    pub(crate) fn list<T>(self, mut read: impl FnMut(Self) -> Option<T>) -> Option<Vec<T>> {
        match self.value.get_ref() {
            DeValue::Array(values) => {
                let nodes = values.iter().map(|value| Node { value, ..self });
                Some(nodes.filter_map(&mut read).collect())
            }
            _ => self.wrong("a list"),
        }
    }

    /// A list of texts that are read by their type's own rule.
    pub(crate) fn parse_list<T: FromStr<Err: Display>>(self) -> Option<Vec<T>> {
        self.list(Node::parse)
    }

    /// A list of texts.
    pub(crate) fn texts(self) -> Option<Vec<String>> {
        self.list(Node::text)
    }

    pub(crate) fn is_list(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Array(_))
    }

    pub(crate) fn is_table(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self.value.get_ref(), DeValue::String(_))
    }

    pub(crate) fn is_boolean(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Boolean(_))
    }

    pub(crate) fn table(self) -> Option<Reader<'f, 't>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Reader {
                file: self.file,
                base: self.base,
                table,
                span: self.value.span(),
                asked: RefCell::default(),
            }),
            _ => self.wrong("a table"),
        }
    }

    /// Each entry of a table whose keys are free.
    pub(crate) fn entries(self) -> Option<Vec<(Name<'f>, Self)>> {
        self.table().map(|table| table.all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_core::Sku;

    fn findings<T>(text: &str, read: impl FnOnce(Reader<'_, '_>) -> T) -> (Option<T>, Vec<String>) {
        let file = File::new("f.toml".into(), text, None);
        let value = read_toml(&file, 0..text.len(), read);
        (value, file.into_findings().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn values_are_read_and_wrong_ones_are_named_at_their_place() {
        let text = "rank = \"ten\"\n[tax]\nincluded = 1\nkinds = [\"a\", 2]\n";
        let (read, found) = findings(text, |r| {
            let rank: Option<i64> = r.take("rank", Node::whole);
            let tax = r.take("tax", Node::table).unwrap();
            let kinds = tax.take("kinds", Node::texts);
            (rank, tax.take("included", Node::boolean), kinds)
        });
        assert_eq!(read.unwrap(), (None, None, Some(vec!["a".to_owned()])));
        assert_eq!(
            found,
            [
                "f.toml:1:8: 'rank' must be a whole number (found \"ten\")",
                "f.toml:4:15: 'kinds' must be a text in quotes (found 2)",
                "f.toml:3:12: 'included' must be true or false (found 1)",
            ]
        );
    }

    #[test]
    fn a_key_nobody_asked_for_comes_with_the_nearest_that_was() {
        let (_, found) = findings("colr = \"red\"\nsomething = 1\n", |r| {
            r.take("colour", Node::text);
            r.finish();
        });
        assert_eq!(
            found,
            [
                "f.toml:1:1: unknown key 'colr' (did you mean 'colour'?)",
                "f.toml:2:1: unknown key 'something'"
            ]
        );
    }

    #[test]
    fn a_missing_key_is_reported_at_its_table() {
        let (_, found) = findings("[[variants]]\nsku = \"A\"\n\n[[variants]]\nweight = 1\n", |r| {
            for variant in r.tables("variants") {
                variant.need("sku", Node::parse::<Sku>);
            }
        });
        assert_eq!(found, ["f.toml:4:1: missing key 'sku'"]);
    }

    #[test]
    fn decimals_keep_their_digits() {
        let (read, found) =
            findings("a = 499.10\nb = 1_000\nc = 1e3\nd = 0.1000000000000000055511151231\n", |r| {
                ["a", "b", "c", "d"].map(|key| r.take(key, Node::decimal))
            });
        let read = read.unwrap();
        assert_eq!(read[0].as_deref(), Some("499.10"));
        assert_eq!(read[1].as_deref(), Some("1000"));
        assert_eq!(read[3].as_deref(), Some("0.1000000000000000055511151231"));
        assert_eq!(found, ["f.toml:3:5: 'c' must be a plain decimal number (found 1e3)"]);
    }

    #[test]
    fn money_has_no_more_decimals_than_its_currency() {
        let (read, found) = findings("a = 4.99\n", |r| r.take("a", |node| node.money(Currency::JPY)));
        assert_eq!(read.unwrap(), None);
        assert!(found[0].starts_with("f.toml:1:5: 'a': "), "{found:?}");
    }

    #[test]
    fn words_are_suggested() {
        let (_, found) = findings("type = \"chioce\"\n", |r| {
            r.take("type", |node| node.one_of(&[("choice", 1), ("number", 2)]))
        });
        assert_eq!(
            found,
            ["f.toml:1:8: 'type' must be one of choice, number (found 'chioce'; did you mean 'choice'?)"]
        );
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let (read, found) = findings("a = 1\nb = = 2\n", |_| ());
        assert_eq!(read, None);
        assert!(found[0].starts_with("f.toml:2:"), "{found:?}");
        assert_eq!(found.len(), 1);
    }
}
