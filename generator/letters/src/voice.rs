//! How letters speak in a language: its words, numbers and dates.

use std::collections::BTreeMap;

use chrono::{DateTime, Offset, Utc};
use chrono_tz::Tz;
use vitrine_content::{Arg, Strings};
use vitrine_core::{Country, Locale, Money, Timestamp};
use vitrine_format::Formatter;

use crate::Error;

/// A language, and the time zone that its readers live in.
#[derive(Debug)]
pub(crate) struct Voice {
    strings: Strings,
    format: Formatter,
    zone: Tz,
}

impl Voice {
    /// The voice of a locale; messages are looked up along `chain` among the Fluent `sources`.
    pub(crate) fn try_new(
        locale: &Locale,
        chain: &[Locale],
        sources: &BTreeMap<Locale, String>,
        time_zone: &str,
    ) -> Result<Self, Error> {
        let found: Vec<(Locale, &str)> = chain
            .iter()
            .filter_map(|lang| sources.get(lang).map(|source| (lang.clone(), source.as_str())))
            .collect();
        let zone = time_zone.parse().unwrap_or(Tz::UTC);
        Ok(Self { strings: Strings::try_new(&found)?, format: Formatter::try_new(locale)?, zone })
    }

    /// A message.
    pub(crate) fn say(&self, id: &str, arguments: &[(&str, String)]) -> Result<String, Error> {
        let arguments: Vec<(&str, Arg)> =
            arguments.iter().map(|(name, text)| (*name, Arg::Text(text.clone()))).collect();
        let said = self.strings.format(id, &arguments);
        said.map(|found| found.text).ok_or_else(|| Error::Word { id: id.to_owned() })
    }

    /// A message that may be missing; then its name does.
    pub(crate) fn named(&self, prefix: &str, name: &str) -> String {
        self.strings.text(&format!("{prefix}{name}")).map_or_else(|| name.to_owned(), |found| found.text)
    }

    /// Plain messages by their ids; what is missing is left out.
    pub(crate) fn plain(&self, ids: &[String]) -> BTreeMap<String, String> {
        ids.iter().filter_map(|id| Some((id.clone(), self.strings.text(id)?.text))).collect()
    }

    /// An amount with its currency.
    pub(crate) fn money(&self, money: Money) -> String {
        self.format.money(money)
    }

    /// A whole number.
    pub(crate) fn integer(&self, number: u32) -> String {
        self.format.integer(number.into())
    }

    /// An exact decimal number.
    pub(crate) fn decimal(&self, number: &str) -> String {
        self.format.decimal(number)
    }

    /// The name of a country.
    pub(crate) fn country(&self, country: Country) -> String {
        self.format.country_name(country)
    }

    /// The day of a moment where the reader lives.
    pub(crate) fn date(&self, moment: Timestamp) -> String {
        let offset = self.local(moment).map_or(0, |local| local.offset().fix().local_minus_utc());
        self.format.date(moment.plus_ms(i64::from(offset) * 1_000))
    }

    /// A day of the calendar, `2026-12-01`; what is none is shown as it is.
    pub(crate) fn day(&self, day: &str) -> String {
        match Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z")) {
            Ok(midnight) => self.format.date(midnight),
            Err(_) => day.to_owned(),
        }
    }

    /// The arguments `date`, `time` and `zone` of a moment where the reader lives.
    pub(crate) fn moment(&self, moment: Timestamp) -> [(&'static str, String); 3] {
        let time = self.local(moment).map(|local| local.format("%H:%M").to_string());
        [
            ("date", self.date(moment)),
            ("time", time.unwrap_or_else(|| moment.to_rfc3339())),
            ("zone", self.zone.name().to_owned()),
        ]
    }

    fn local(&self, moment: Timestamp) -> Option<DateTime<Tz>> {
        Some(DateTime::<Utc>::from_timestamp_millis(moment.ms())?.with_timezone(&self.zone))
    }
}
