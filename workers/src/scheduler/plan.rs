//! When a country's ticks are due: pure, on the schedules of [`vitrine_store`].

use std::collections::BTreeMap;
use std::time::Duration;

use vitrine_core::{ContentHash, Country, StoreId, Timestamp};
use vitrine_store::{CountryConfig, Schedule};

/// Jitter takes at most this part of the time to the next tick, so that ticks keep their order.
const JITTER_PART: i64 = 10;

/// A country with a schedule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Planned {
    schedule: Schedule,
    /// Before this there is nothing to do.
    pub(super) look_at: Timestamp,
}

impl Planned {
    /// Time from a tick to the next, milliseconds.
    pub(super) fn gap(&self, tick: Timestamp) -> i64 {
        self.schedule.next_tick(tick).map_or(i64::MAX, |next| next.ms() - tick.ms())
    }

    /// The last tick whose time has come, its jitter included.
    pub(super) fn last_due(&self, now: Timestamp, jitter: impl Fn(Timestamp) -> i64) -> Option<Timestamp> {
        let last = self.schedule.last_tick(now)?;
        if last.plus_ms(jitter(last)) <= now { Some(last) } else { self.schedule.last_tick(last.plus_ms(-1)) }
    }

    /// When the next tick is due; never, if the calendar ends before.
    pub(super) fn next_due(&self, now: Timestamp, jitter: impl Fn(Timestamp) -> i64) -> Timestamp {
        let due = |tick: Timestamp| tick.plus_ms(jitter(tick));
        let waiting = self.schedule.last_tick(now).map(due).filter(|due| *due > now);
        let next = || self.schedule.next_tick(now).map(due);
        waiting.or_else(next).unwrap_or(Timestamp::from_ms(i64::MAX))
    }
}

/// Takes over the schedules of a store's countries; what has not changed keeps its place.
pub(super) fn replan(
    planned: &mut BTreeMap<(StoreId, Country), Planned>,
    store: &StoreId,
    countries: &[CountryConfig],
) {
    let mut schedules: BTreeMap<Country, Schedule> = BTreeMap::new();
    for config in countries {
        match config.schedule() {
            Ok(schedule) => schedules.extend(schedule.map(|schedule| (config.country, schedule))),
            Err(error) => tracing::warn!(%store, %error, "a country is not built by schedule"),
        }
    }
    planned.retain(|(of, country), planned| {
        of != store || schedules.get(country).is_some_and(|schedule| *schedule == planned.schedule)
    });
    for (country, schedule) in schedules {
        let look_at = Timestamp::from_ms(i64::MIN);
        planned.entry((store.clone(), country)).or_insert(Planned { schedule, look_at });
    }
}

/// How long after a tick a country is due, milliseconds: the same wherever it is computed.
pub(super) fn jitter(store: &StoreId, country: Country, tick: Timestamp, gap_ms: i64, most: Duration) -> i64 {
    let most = i64::try_from(most.as_millis()).unwrap_or(i64::MAX).min(gap_ms / JITTER_PART);
    let hash = ContentHash::of(format!("{store} {country} {}", tick.ms()).as_bytes()).hex();
    let number = hash.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
    i64::from(number) % most.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn planned(cron: &str) -> Planned {
        let schedule = Schedule::try_new(cron, "Europe/Berlin").unwrap();
        Planned { schedule, look_at: Timestamp::from_ms(0) }
    }

    #[test]
    fn a_tick_is_due_when_its_jitter_is_over() {
        let nightly = planned("0 0 4 * * *");
        let jitter = |_| 5 * MINUTE;
        let last = |now| nightly.last_due(time(now), jitter).unwrap().to_rfc3339();
        let next = |now| nightly.next_due(time(now), jitter).to_rfc3339();
        assert_eq!(last("2026-11-20T03:04:59Z"), "2026-11-19T03:00:00Z");
        assert_eq!(last("2026-11-20T03:05:00Z"), "2026-11-20T03:00:00Z");
        assert_eq!(next("2026-11-20T02:59:00Z"), "2026-11-20T03:05:00Z");
        assert_eq!(next("2026-11-20T03:04:59Z"), "2026-11-20T03:05:00Z", "the tick has come and is not due");
        assert_eq!(next("2026-11-20T03:05:00Z"), "2026-11-21T03:05:00Z");
    }

    #[test]
    fn jitter_is_the_same_everywhere_and_spreads_countries_and_days() {
        let of = |store: &str, country: &str, tick: i64, gap, most| {
            let (store, country) = (StoreId::try_new(store).unwrap(), Country::try_new(country).unwrap());
            jitter(&store, country, Timestamp::from_ms(tick), gap, Duration::from_secs(most))
        };
        let day = 24 * 60 * MINUTE;
        assert_eq!(of("a", "DE", 0, day, 120), of("a", "DE", 0, day, 120));
        let spread: std::collections::BTreeSet<i64> = ["DE", "FR", "GB", "JP"]
            .iter()
            .flat_map(|country| ["a", "b"].map(|store| (store, *country)))
            .flat_map(|(store, country)| [0, 1].map(|days| of(store, country, days * day, day, 120)))
            .collect();
        assert!(spread.len() > 12 && spread.iter().all(|ms| (0..120_000).contains(ms)), "{spread:?}");
        assert!(of("a", "DE", 0, MINUTE, 120) < 6_000, "a tenth of the time to the next tick");
        assert_eq!(of("a", "DE", 0, day, 0), 0);
    }

    #[test]
    fn a_schedule_that_has_not_changed_keeps_its_place() {
        let config = |code: &str, schedule: Option<&str>| -> CountryConfig {
            let json = format!(
                r#"{{"country":"{code}","currency":"EUR","time_zone":"Europe/Berlin","locales":[],"tax":{{"included":true,"rates":{{}}}}}}"#
            );
            let config: CountryConfig = serde_json::from_str(&json).unwrap();
            CountryConfig { schedule: schedule.map(ToOwned::to_owned), ..config }
        };
        let (a, b) = (StoreId::try_new("a").unwrap(), StoreId::try_new("b").unwrap());
        let mut all = BTreeMap::new();
        replan(&mut all, &b, &[config("DE", None)]);
        replan(
            &mut all,
            &a,
            &[config("AT", None), config("CH", None), config("DE", None), config("FR", None)],
        );
        all.values_mut().for_each(|planned| planned.look_at = Timestamp::from_ms(9));
        let changed = [
            config("CH", Some("0 0 5 * * *")),
            config("DE", Some("0 0 4 * * *")),
            config("FR", Some("never")),
            config("GB", Some("at dawn")),
            config("IT", None),
        ];
        replan(&mut all, &a, &changed);
        let left: Vec<_> = all
            .iter()
            .map(|((store, country), planned)| (store.as_str(), country.code(), planned.look_at.ms() == 9))
            .collect();
        assert_eq!(
            left,
            [("a", "CH", false), ("a", "DE", true), ("a", "IT", false), ("b", "DE", true)],
            "CH is another now, FR is never, GB is wrong and IT is new"
        );
    }
}
