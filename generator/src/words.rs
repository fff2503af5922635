//! The words of one edition: interface strings and formatted numbers.

use std::collections::BTreeMap;

use vitrine_content::{Arg, Strings};
use vitrine_core::{Country, Locale, Money, Timestamp};
use vitrine_format::Formatter;

use crate::error::BuildError;

/// Strings and number formats of a locale.
#[derive(Debug)]
pub(crate) struct Words {
    strings: Strings,
    format: Formatter,
}

impl Words {
    /// The words of `locale`; strings are looked up along `chain` among the Fluent files in `sources`.
    pub(crate) fn try_new(
        locale: &Locale,
        chain: &[Locale],
        sources: &BTreeMap<Locale, String>,
    ) -> Result<Self, BuildError> {
        let format = Formatter::try_new(locale)
            .map_err(|source| BuildError::Format { locale: locale.to_string(), source })?;
        let found: Vec<(Locale, &str)> = chain
            .iter()
            .filter_map(|lang| sources.get(lang).map(|source| (lang.clone(), source.as_str())))
            .collect();
        let strings = Strings::try_new(&found)
            .map_err(|error| BuildError::Strings { locale: locale.to_string(), what: error.to_string() })?;
        Ok(Self { strings, format })
    }

    /// A message without arguments; a missing one shows its id, which checks report before.
    pub(crate) fn plain(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A message without arguments, if there is one.
    pub(crate) fn find(&self, id: &str) -> Option<String> {
        self.strings.format(id, &[]).map(|found| found.text)
    }

    /// A message with arguments.
    pub(crate) fn with(&self, id: &str, arguments: &[(&str, Arg)]) -> String {
        self.strings.format(id, arguments).map_or_else(|| id.to_owned(), |found| found.text)
    }

    /// A message with `count`.
    pub(crate) fn count(&self, id: &str, count: i64) -> String {
        self.counted(id, "count", count)
    }

    /// A message with a number: `name` selects the plural, and `<name>_text` writes it in the locale's digits.
    pub(crate) fn counted(&self, id: &str, name: &str, number: i64) -> String {
        let text = format!("{name}_text");
        self.with(id, &[(name, Arg::Number(number)), (&text, Arg::Text(self.integer(number)))])
    }

    /// A message with one text.
    pub(crate) fn text(&self, id: &str, name: &str, text: String) -> String {
        self.with(id, &[(name, Arg::Text(text))])
    }

    /// An amount with its currency.
    pub(crate) fn money(&self, money: Money) -> String {
        self.format.money(money)
    }

    /// A whole number.
    pub(crate) fn integer(&self, number: i64) -> String {
        self.format.integer(number)
    }

    /// An exact decimal number; what is none is shown as it is.
    pub(crate) fn decimal(&self, number: &str) -> String {
        self.format.decimal(number)
    }

    /// A long date.
    pub(crate) fn date(&self, moment: Timestamp) -> String {
        self.format.date(moment)
    }

    /// Name of a country in this language.
    pub(crate) fn country(&self, country: Country) -> String {
        self.format.country_name(country)
    }
}

#[cfg(test)]
mod tests;
