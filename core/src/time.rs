//! Points in time, and the only clock.

use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};
use thiserror::Error;

const MS_PER_SECOND: i64 = 1_000;
const MS_PER_MINUTE: i64 = 60 * MS_PER_SECOND;
const MS_PER_HOUR: i64 = 60 * MS_PER_MINUTE;
const MS_PER_DAY: i64 = 24 * MS_PER_HOUR;

/// Why a text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimeError {
    /// Not RFC 3339, or no such day or hour.
    #[error("`{0}` is no time (such as 2026-11-20T00:00:00Z or 2026-11-20)")]
    NotATime(String),
}

/// A point in time: milliseconds since the Unix epoch, UTC, without leap seconds.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A time by its milliseconds since the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// The milliseconds since the Unix epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Reads `2026-11-20T00:00:00Z`, one with an offset (`+01:00`), or a date (midnight UTC).
    ///
    /// Digits of the second beyond the third are cut off. Leap seconds are refused.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        read_time(text).map(Self).ok_or_else(|| TimeError::NotATime(text.to_owned()))
    }

    /// The time to the second, such as `2026-11-20T00:00:00Z`.
    pub fn to_rfc3339(self) -> String {
        let seconds = self.0.rem_euclid(MS_PER_DAY) / MS_PER_SECOND;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{}T{hour:02}:{minute:02}:{second:02}Z", self.to_date())
    }

    /// The UTC day, such as `2026-11-20`.
    pub fn to_date(self) -> String {
        let (year, month, day) = self.year_month_day();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Year, month (1 to 12) and day (1 to 31) of the UTC day.
    pub fn year_month_day(self) -> (i64, u8, u8) {
        civil_from_days(self.0.div_euclid(MS_PER_DAY))
    }

    /// The same time of day some days later, or earlier when negative.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_ms(days.saturating_mul(MS_PER_DAY))
    }

    /// Some milliseconds later, or earlier when negative; stops at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.to_rfc3339())
    }
}

/// Tells the time; handed in, so that every rule can be tested at any time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        // A machine whose clock stands before 1970 or beyond year 292 million gets the epoch.
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = since_epoch.ok().and_then(|duration| i64::try_from(duration.as_millis()).ok());
        Timestamp(ms.unwrap_or(0))
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that stands at a time.
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Puts the clock to a time.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the clock on by milliseconds.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

fn read_time(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let midnight = read_date(date)?.checked_mul(MS_PER_DAY)?;
    if rest.is_empty() {
        return Some(midnight);
    }
    let time = rest.strip_prefix(['T', 't'])?;
    let (clock, zone) = time.split_at_checked(8)?;
    let (fraction, zone) = read_fraction(zone)?;
    let offset = read_offset(zone)?;
    Some(midnight + read_clock(clock)? + fraction - offset)
}

fn read_date(text: &str) -> Option<i64> {
    let [year, month, day] = read_parts(text, '-', [4, 2, 2])?;
    let valid = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    valid.then(|| days_from_civil(year, month, day))
}

fn read_clock(text: &str) -> Option<i64> {
    let [hour, minute, second] = read_parts(text, ':', [2, 2, 2])?;
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some(hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND)
}

/// Milliseconds of an optional fraction, and the text after it.
fn read_fraction(text: &str) -> Option<(i64, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    let (digits, rest) = digits.split_at(end);
    let ms = digits.bytes().chain(*b"00").take(3).fold(0, |ms, byte| ms * 10 + i64::from(byte - b'0'));
    (!digits.is_empty()).then_some((ms, rest))
}

fn read_offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let [hours, minutes] = read_parts(text.get(1..)?, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * MS_PER_HOUR + minutes * MS_PER_MINUTE))
}

/// Reads N numbers of fixed widths with a separator between.
fn read_parts<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// The two functions below follow the derivation in Howard Hinnant's "chrono-Compatible Low-Level Date
// Algorithms": years begin in March, so the leap day is the last of its year, and 400 years repeat.
// Twenty lines of it stand in for a date library, whose time zones and formatting nothing here needs.
const DAYS_PER_ERA: i64 = 146_097;
const EPOCH_FROM_MARCH_OF_YEAR_ZERO: i64 = 719_468;

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let march_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (march_year.div_euclid(400), march_year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - EPOCH_FROM_MARCH_OF_YEAR_ZERO
}

fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + EPOCH_FROM_MARCH_OF_YEAR_ZERO;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        Timestamp::parse_rfc3339(text).unwrap().ms()
    }

    #[test]
    fn known_moments_are_read() {
        assert_eq!(ms("1970-01-01"), 0);
        assert_eq!(ms("2026-11-20T00:00:00Z"), 1_795_132_800_000);
        assert_eq!(ms("2026-11-20"), 1_795_132_800_000);
        assert_eq!(ms("2000-02-29T23:59:59Z"), 951_868_799_000);
        assert_eq!(ms("1969-12-31T23:59:59.999Z"), -1);
        assert_eq!(ms("1970-01-01T00:00:00.5Z"), 500);
        assert_eq!(ms("1970-01-01T00:00:00.123999Z"), 123);
        assert_eq!(ms("2026-11-20T01:00:00+01:00"), ms("2026-11-20T00:00:00Z"));
        assert_eq!(ms("2026-11-19t19:00:00-05:00"), ms("2026-11-20t00:00:00z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-00-01",
            "2026-04-31",
            "2025-02-29",
            "1900-02-29",
            "2026-1-1",
            "2026-11-20T",
            "2026-11-20T00:00:00",
            "2026-11-20T24:00:00Z",
            "2026-11-20T00:60:00Z",
            "2026-11-20T00:00:60Z",
            "2026-11-20T00:00:00.Z",
            "2026-11-20 00:00:00Z",
            "2026-11-20T00:00:00+1:00",
            "2026-11-20T00:00:00+24:00",
            "2026-11-20T00:00:00ZZ",
            "+026-11-20",
            "2026-11-2é",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), Err(TimeError::NotATime(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn times_are_written_to_the_second() {
        assert_eq!(Timestamp::from_ms(-1).to_rfc3339(), "1969-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_ms(1_795_132_800_999).to_rfc3339(), "2026-11-20T00:00:00Z");
        assert_eq!(Timestamp::from_ms(951_782_400_000).to_date(), "2000-02-29");
    }

    #[test]
    fn moving_a_time_stops_at_the_ends() {
        let day = Timestamp::parse_rfc3339("2026-12-31T12:00:00Z").unwrap();
        assert_eq!(day.plus_days(1).to_rfc3339(), "2027-01-01T12:00:00Z");
        assert_eq!(day.plus_days(-365).to_date(), "2025-12-31");
        assert_eq!(day.plus_ms(-1).to_rfc3339(), "2026-12-31T11:59:59Z");
        assert_eq!(day.plus_days(i64::MAX).ms(), i64::MAX);
    }

    #[test]
    fn a_time_is_milliseconds_in_json() {
        assert_eq!(serde_json::to_string(&Timestamp::from_ms(5)).unwrap(), "5");
        assert_eq!(serde_json::from_str::<Timestamp>("5").unwrap(), Timestamp::from_ms(5));
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = FixedClock::new(Timestamp::from_ms(1));
        assert_eq!((clock.now().ms(), clock.now().ms()), (1, 1));
        clock.advance_ms(9);
        assert_eq!(clock.now().ms(), 10);
        clock.set(Timestamp::from_ms(3));
        assert_eq!(clock.now().ms(), 3);
    }

    #[test]
    fn the_machines_clock_runs_in_this_century() {
        let (year, _, _) = SystemClock.now().year_month_day();
        assert!((2024..2100).contains(&year), "{year}");
    }
}
