//! Working days, holidays, and the warehouses that keep them.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use vitrine_core::{Country, typed_id, written_as_text};

typed_id!(
    /// Names a warehouse.
    WarehouseId, "warehouse id"
);

/// Why a text is no day, time or time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not a day.
    #[error("`{0}` is no day (such as 2026-12-25)")]
    Day(String),
    /// Not a time of day.
    #[error("`{0}` is no time of day (such as 14:00)")]
    Time(String),
    /// Not a time zone.
    #[error("`{0}` is no time zone of the IANA database (such as Europe/Berlin)")]
    Zone(String),
}

/// A day of the calendar, `2026-12-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub(crate) NaiveDate);

impl Day {
    /// Reads `2026-12-25`.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn try_new(text: &str) -> Result<Self, CalendarError> {
        // chrono reads `2026-1-1` and `+2026-01-01` too; one way to write a day is enough.
        let day = text.parse().ok().map(Self).filter(|day| day.to_string() == text);
        day.ok_or_else(|| CalendarError::Day(text.to_owned()))
    }

    /// Its day of the week.
    pub fn weekday(self) -> Weekday {
        match self.0.weekday() {
            chrono::Weekday::Mon => Weekday::Mon,
            chrono::Weekday::Tue => Weekday::Tue,
            chrono::Weekday::Wed => Weekday::Wed,
            chrono::Weekday::Thu => Weekday::Thu,
            chrono::Weekday::Fri => Weekday::Fri,
            chrono::Weekday::Sat => Weekday::Sat,
            chrono::Weekday::Sun => Weekday::Sun,
        }
    }

    /// The day after; `None` at the end of the calendar, in the year 262142.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.succ_opt().map(Self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%Y-%m-%d").to_string())
    }
}

written_as_text!(computed Day, CalendarError);

/// A time of day to the minute, `14:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(pub(crate) NaiveTime);

impl TimeOfDay {
    /// Reads `14:00`.
    ///
    /// # Errors
    /// When there is no such time.
    pub fn try_new(text: &str) -> Result<Self, CalendarError> {
        let time = NaiveTime::parse_from_str(text, "%H:%M").ok().map(Self);
        time.filter(|time| time.to_string() == text).ok_or_else(|| CalendarError::Time(text.to_owned()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%H:%M").to_string())
    }
}

written_as_text!(computed TimeOfDay, CalendarError);

/// A time zone of the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeZone(pub(crate) chrono_tz::Tz);

impl TimeZone {
    /// Reads `Europe/Berlin`.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn try_new(name: &str) -> Result<Self, CalendarError> {
        name.parse().map(Self).map_err(|_| CalendarError::Zone(name.to_owned()))
    }

    fn as_str(&self) -> &'static str {
        self.0.name()
    }
}

written_as_text!(TimeZone, CalendarError);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// On which days a country works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Days of the week on which goods are sent and brought.
    pub working_days: BTreeSet<Weekday>,
    /// Days on which they are not all the same. A year that is not listed has none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<Day>,
}

impl Default for Calendar {
    /// Monday to Friday, no holidays.
    fn default() -> Self {
        let working_days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        Self { working_days: working_days.into(), holidays: BTreeSet::new() }
    }
}

impl Calendar {
    /// Whether work is done on a day.
    pub fn works(&self, day: Day) -> bool {
        self.working_days.contains(&day.weekday()) && !self.holidays.contains(&day)
    }
}

/// Where goods are sent from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    /// Names it.
    pub id: WarehouseId,
    /// Where it stands, and whose calendar it keeps.
    pub country: Country,
    /// Where its clock is.
    pub time_zone: TimeZone,
    /// Orders before this time are worked on the same day.
    pub cutoff: TimeOfDay,
    /// Further working days that it takes to send them.
    #[serde(default)]
    pub handling_days: u16,
    /// Countries it sends to; those that no other one names, if there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub serves: BTreeSet<Country>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_written_as_they_are_read() {
        assert_eq!(Day::try_new("2026-12-25").unwrap().to_string(), "2026-12-25");
        assert_eq!(Day::try_new("2026-12-25").unwrap().weekday(), Weekday::Fri);
        assert_eq!(TimeOfDay::try_new("09:30").unwrap().to_string(), "09:30");
        assert_eq!(TimeZone::try_new("Asia/Tokyo").unwrap().to_string(), "Asia/Tokyo");
        for wrong in ["", "2026-2-1", "2026-02-30", "25.12.2026", "+2026-1-01"] {
            assert!(Day::try_new(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "24:00", "9:30", "09:30:00", "12:60"] {
            assert!(TimeOfDay::try_new(wrong).is_err(), "{wrong}");
        }
        assert!(TimeZone::try_new("Mars/Olympus").is_err());
    }
}
