//! When goods arrive: a pure function of the moment, the calendars and the days on the way.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vitrine_core::Timestamp;

use crate::{Calendar, Day, Warehouse};

/// Further ahead than this nothing is promised: a calendar without an end of holidays would never come to one.
const FURTHEST_DAYS: u32 = 3 * 366;

/// When an order is sent and brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The day it leaves the warehouse.
    pub sent: Day,
    /// The first day it may be there.
    pub earliest: Day,
    /// The last one.
    pub latest: Day,
}

/// When an order of a moment is sent and brought.
///
/// Before the cut-off of a working day, by the warehouse's clock, it is worked that day, else on the next working one;
/// then come the days of handling, by the warehouse's calendar, and those on the way (at least, at most), by the
/// destination's. `None` if no working day comes within three years.
pub fn promise(
    now: Timestamp,
    warehouse: &Warehouse,
    home: &Calendar,
    destination: &Calendar,
    days: (u16, u16),
) -> Option<Promise> {
    let local = DateTime::<Utc>::from_timestamp_millis(now.ms())?.with_timezone(&warehouse.time_zone.0);
    let today = Day(local.date_naive());
    let in_time = local.time() < warehouse.cutoff.0;
    let begun = if in_time { today } else { today.next()? };
    let sent = after(working(begun, home)?, warehouse.handling_days, home)?;
    let earliest = arrives(sent, days.0, destination)?;
    let latest = arrives(sent, days.1.max(days.0), destination)?;
    Some(Promise { sent, earliest, latest })
}

fn arrives(sent: Day, days: u16, calendar: &Calendar) -> Option<Day> {
    if days == 0 { working(sent, calendar) } else { after(sent, days, calendar) }
}

/// The day itself, or the next on which work is done.
fn working(day: Day, calendar: &Calendar) -> Option<Day> {
    let mut day = day;
    for _ in 0..FURTHEST_DAYS {
        if calendar.works(day) {
            return Some(day);
        }
        day = day.next()?;
    }
    None
}

/// So many working days later.
fn after(day: Day, days: u16, calendar: &Calendar) -> Option<Day> {
    (0..days).try_fold(day, |day, _| working(day.next()?, calendar))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{TimeOfDay, TimeZone, Weekday};

    fn warehouse(handling_days: u16) -> Warehouse {
        Warehouse {
            id: "berlin".parse().unwrap(),
            country: "DE".parse().unwrap(),
            time_zone: TimeZone::try_new("Europe/Berlin").unwrap(),
            cutoff: TimeOfDay::try_new("14:00").unwrap(),
            handling_days,
            serves: [].into(),
        }
    }

    fn calendar(holidays: &[&str]) -> Calendar {
        let holidays = holidays.iter().map(|day| Day::try_new(day).unwrap()).collect();
        Calendar { holidays, ..Calendar::default() }
    }

    fn promised(at: &str, handling: u16, home: &[&str], away: &[&str], days: (u16, u16)) -> [String; 3] {
        let now = Timestamp::parse_rfc3339(at).unwrap();
        let promise = promise(now, &warehouse(handling), &calendar(home), &calendar(away), days).unwrap();
        [promise.sent, promise.earliest, promise.latest].map(|day| day.to_string())
    }

    #[test]
    fn the_cut_off_is_by_the_warehouses_clock() {
        // 2026-11-26 is a Thursday; Berlin is an hour ahead of UTC in winter, two in summer.
        let on = |at: &str| promised(at, 0, &[], &[], (1, 2));
        assert_eq!(on("2026-11-26T12:59:59Z"), ["2026-11-26", "2026-11-27", "2026-11-30"]);
        assert_eq!(on("2026-11-26T13:00:00Z"), ["2026-11-27", "2026-11-30", "2026-12-01"]);
        assert_eq!(on("2026-07-02T12:00:00Z"), ["2026-07-03", "2026-07-06", "2026-07-07"]);
        // In Berlin it is the next day already.
        assert_eq!(on("2026-11-26T23:30:00Z")[0], "2026-11-27");
    }

    #[test]
    fn weekends_and_holidays_don_t_count() {
        let christmas = ["2026-12-25", "2026-12-26"];
        assert_eq!(
            promised("2026-12-23T15:00:00Z", 1, &christmas, &christmas, (1, 3)),
            ["2026-12-28", "2026-12-29", "2026-12-31"]
        );
        // What is sent on the 24th is on the way by the destination's calendar.
        assert_eq!(
            promised("2026-12-24T08:00:00Z", 0, &christmas, &["2026-12-28"], (1, 1)),
            ["2026-12-24", "2026-12-25", "2026-12-25"]
        );
        assert_eq!(promised("2026-11-28T08:00:00Z", 0, &[], &[], (0, 0)), ["2026-11-30"; 3]);
    }

    #[test]
    fn who_never_works_promises_nothing() {
        let never = Calendar { working_days: [].into(), ..Calendar::default() };
        let now = Timestamp::from_ms(0);
        assert_eq!(promise(now, &warehouse(0), &never, &Calendar::default(), (1, 1)), None);
        assert_eq!(promise(now, &warehouse(0), &Calendar::default(), &never, (1, 1)), None);
    }

    proptest! {
        #[test]
        fn a_promise_is_in_order_and_on_working_days(
            hour in 0i64..300_000, handling in 0u16..5, least in 0u16..10, more in 0u16..10,
            off in prop::collection::btree_set(0u8..7, 0..6),
        ) {
            let week = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
            let working_days = week.into_iter().zip(0u8..).filter(|(_, day)| !off.contains(day)).map(|(day, _)| day);
            let away = Calendar { working_days: working_days.collect(), holidays: [].into() };
            let now = Timestamp::from_ms(1_764_150_000_000 + hour * 3_600_000);
            let (home, warehouse) = (Calendar::default(), warehouse(handling));
            let made = promise(now, &warehouse, &home, &away, (least, least + more)).unwrap();
            prop_assert!(made.sent <= made.earliest && made.earliest <= made.latest);
            prop_assert!(home.works(made.sent) && away.works(made.earliest) && away.works(made.latest));
            let later = promise(now.plus_ms(3_600_000), &warehouse, &home, &away, (least, least + more)).unwrap();
            prop_assert!(made.sent <= later.sent && made.latest <= later.latest, "who orders later gets it no sooner");
        }
    }
}
