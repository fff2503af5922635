//! How a month's budget for invalidations is spread over the month.

use vitrine_core::Timestamp;

use crate::Price;

const DAY_MS: u64 = 86_400_000;

/// A calendar month, UTC: what CDNs bill by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    from: Timestamp,
    until: Timestamp,
}

impl Month {
    /// The month a moment lies in.
    pub fn of(moment: Timestamp) -> Self {
        let from = first_of_month(moment);
        Self { from, until: first_of_month(from.plus_days(32)) }
    }

    /// `2026-11`.
    pub fn name(&self) -> String {
        let (year, month, _) = self.from.year_month_day();
        format!("{year:04}-{month:02}")
    }
}

fn first_of_month(moment: Timestamp) -> Timestamp {
    let (_, _, day) = moment.year_month_day();
    let midnight = moment.ms() - moment.ms().rem_euclid(i64::try_from(DAY_MS).unwrap_or(i64::MAX));
    Timestamp::from_ms(midnight).plus_days(1 - i64::from(day))
}

/// Paths that may be told within a month, and when.
///
/// The first day's share may be told at once, so that a burst of changes is told as it comes; from then on the paths
/// come evenly until the month ends. So a budget is never overdrawn, and never used up while the month goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    paths: u64,
    month: Month,
}

impl Pace {
    /// Of a budget in millionths of a US dollar; `None` where paths cost nothing.
    pub fn new(price: Price, budget: u64, now: Timestamp) -> Option<Self> {
        let paid = budget.checked_div(price.microdollars)?;
        Some(Self { paths: price.free_paths.saturating_add(paid), month: Month::of(now) })
    }

    /// Paths that may have been told in the month by a moment of it.
    pub fn allowed(&self, now: Timestamp) -> u64 {
        let (gone, whole) = (self.gone(now), self.whole());
        let share =
            u128::from(self.paths) * u128::from(gone.saturating_add(DAY_MS).min(whole)) / u128::from(whole);
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// The moment from which one more path than `used` may be told: in the next month where this one has none left.
    pub fn next(&self, used: u64) -> Timestamp {
        if used >= self.paths {
            return self.month.until;
        }
        let needed = (u128::from(used) + 1) * u128::from(self.whole());
        let gone = needed.div_ceil(u128::from(self.paths)).saturating_sub(u128::from(DAY_MS));
        self.month.from.plus_ms(i64::try_from(gone).unwrap_or(i64::MAX)).min(self.month.until)
    }

    fn gone(&self, now: Timestamp) -> u64 {
        u64::try_from(now.ms() - self.month.from.ms()).unwrap_or_default()
    }

    fn whole(&self) -> u64 {
        u64::try_from(self.month.until.ms() - self.month.from.ms()).unwrap_or(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn free(now: Timestamp) -> Pace {
        Pace::new(Price::CLOUDFRONT, 0, now).unwrap()
    }

    #[test]
    fn months_begin_at_their_first_midnight() {
        let month = Month::of(at("2026-02-28T23:59:59Z"));
        assert_eq!((month.from, month.until), (at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z")));
        assert_eq!(month.name(), "2026-02");
        assert_eq!(Month::of(at("2026-12-31T12:00:00Z")).until, at("2027-01-01T00:00:00Z"));
        assert_eq!(Month::of(at("2026-03-01T00:00:00Z")).name(), "2026-03");
    }

    #[test]
    fn the_first_day_may_be_told_at_once_and_the_rest_comes_evenly() {
        let start = at("2026-11-01T00:00:00Z");
        let pace = free(start);
        assert_eq!(pace.allowed(start), 33, "a thirtieth of the thousand free ones");
        assert_eq!(pace.allowed(at("2026-11-15T12:00:00Z")), 516);
        assert_eq!(pace.allowed(at("2026-11-30T23:00:00Z")), 1_000);
        let paid = Pace::new(Price::CLOUDFRONT, 5_000_000, start).unwrap();
        assert_eq!(paid.allowed(at("2026-11-30T23:00:00Z")), 2_000);
    }

    #[test]
    fn what_is_used_up_comes_back_with_the_next_month() {
        let pace = free(at("2026-11-20T00:00:00Z"));
        assert_eq!(pace.next(1_000), at("2026-12-01T00:00:00Z"));
        assert_eq!(pace.next(5), at("2026-11-01T00:00:00Z"), "long allowed");
    }

    #[test]
    fn what_costs_nothing_needs_no_pace() {
        assert_eq!(Pace::new(Price::NOTHING, 0, at("2026-11-20T00:00:00Z")), None);
    }

    proptest! {
        #[test]
        fn the_next_moment_is_the_first_that_allows_one_more(used in 0_u64..30_000, dollars in 0_u64..100, day in 0_i64..400) {
            let now = at("2026-01-01T00:00:00Z").plus_days(day);
            let pace = Pace::new(Price::CLOUDFRONT, dollars * 1_000_000, now).unwrap();
            let next = pace.next(used);
            if next < pace.month.until {
                prop_assert!(pace.allowed(next) > used);
                prop_assert!(next == pace.month.from || pace.allowed(next.plus_ms(-1)) <= used);
            }
        }
    }
}
