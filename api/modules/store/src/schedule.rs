//! When a country's scheduled builds are due: a cron expression in a time zone, without I/O and without a clock.
//!
//! Nominal times are the same wherever they are computed. Every time of day counts once a day: what falls into the
//! hour that is skipped when the clocks go forward comes at its end, and what falls into the hour that comes twice
//! when they go back comes the first time.

use std::fmt;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;
use vitrine_core::Timestamp;

/// Second, minute, hour, day, month, weekday.
const FIELDS: usize = 6;
const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;
/// A leap day may be eight years away.
const LOOK_BACK_MS: i64 = 9 * 366 * 24 * HOUR_MS;
/// Samoa left out the 30th of December 2011.
const LONGEST_GAP_MINUTES: u32 = 24 * 60;

/// Why a schedule can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// No such time zone.
    #[error("time_zone must be a name of the IANA database, such as Europe/Berlin (found {0:?})")]
    TimeZone(String),
    /// Not six fields of cron, or one is out of its range.
    #[error(
        "schedule must be \"never\" or cron as in \"0 0 4 * * *\", which is 04:00 every day (found {found:?}: {why})"
    )]
    Cron {
        /// The text found.
        found: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A cron expression in a time zone.
#[derive(Clone, PartialEq)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

impl Schedule {
    /// Reads `second minute hour day month weekday` and the name of a time zone.
    ///
    /// The second is one number, so ticks are at least a minute apart. Where both a day of the month and a weekday
    /// are given, both must fit.
    ///
    /// # Errors
    /// When either is wrong, or no day fits within eight years; the text names the key of the country's file.
    pub fn try_new(cron: &str, zone: &str) -> Result<Self, ScheduleError> {
        let zone = Self::zone(zone)?;
        let wrong = |why: &str| ScheduleError::Cron { found: cron.to_owned(), why: why.to_owned() };
        let fields: Vec<&str> = cron.split_whitespace().collect();
        if fields.len() != FIELDS {
            return Err(wrong("it must have six fields"));
        }
        if fields.first().is_none_or(|second| second.parse::<u8>().is_err()) {
            return Err(wrong("the second must be one number"));
        }
        let parser =
            CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).dom_and_dow(true);
        let cron = parser.build().parse(cron).map_err(|error| wrong(&error.to_string()))?;
        let schedule = Self { cron, zone };
        // A span that has leap days, at any time.
        let eight_years = Timestamp::from_ms(0).plus_days(8 * 366);
        let first = schedule.next_tick(Timestamp::from_ms(0)).filter(|tick| *tick < eight_years);
        first.map(|_| schedule).ok_or_else(|| wrong("no day fits it"))
    }

    /// Checks the name of a time zone.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn zone(name: &str) -> Result<Tz, ScheduleError> {
        name.parse().map_err(|_| ScheduleError::TimeZone(name.to_owned()))
    }

    /// The first tick after a moment; `None` if the calendar ends before.
    pub fn next_tick(&self, after: Timestamp) -> Option<Timestamp> {
        let after = DateTime::<Utc>::from_timestamp(after.ms().div_euclid(SECOND_MS), 0)?;
        let mut local = after.with_timezone(&self.zone).naive_local();
        loop {
            // As if it were UTC, which has neither gaps nor doubled hours.
            local = self.cron.find_next_occurrence(&local.and_utc(), false).ok()?.naive_utc();
            let tick = first_moment(self.zone, local)?;
            if tick > after {
                return Some(Timestamp::from_ms(tick.timestamp_millis()));
            }
        }
    }

    /// The last tick at a moment or before it; `None` if there was none for years.
    pub fn last_tick(&self, moment: Timestamp) -> Option<Timestamp> {
        let mut back = HOUR_MS;
        while self.next_tick(moment.plus_ms(-back))? > moment {
            if back > LOOK_BACK_MS {
                return None;
            }
            back *= 2;
        }
        // From `start` there is a tick until the moment, from `end` there is none.
        let (mut start, mut end) = (moment.plus_ms(-back), moment);
        while end.ms() - start.ms() > SECOND_MS {
            let middle = start.plus_ms((end.ms() - start.ms()) / 2);
            if self.next_tick(middle)? > moment { end = middle } else { start = middle }
        }
        self.next_tick(start)
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({} {})", self.cron.pattern, self.zone)
    }
}

/// The moment at which a clock on the wall first shows a time, or has passed it.
fn first_moment(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let mut shown = local;
    for _ in 0..=LONGEST_GAP_MINUTES {
        match zone.from_local_datetime(&shown) {
            LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => return Some(moment.to_utc()),
            // Clocks change at whole minutes.
            LocalResult::None => shown = shown.with_second(0)? + Duration::minutes(1),
        }
    }
    None
}

#[cfg(test)]
mod tests;
