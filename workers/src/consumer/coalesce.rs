//! Which of the open demands one publish answers. Pure: no I/O in sight.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Country, Priority, Reason, StoreId, Timestamp};
use vitrine_generator::{BuildReport, Demand};

use super::Ended;
use crate::WorkerError;

/// Storefronts that are published together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub countries: BTreeSet<Country>,
    /// The most urgent reason among them.
    pub reason: Reason,
    /// Whether every page is compared.
    pub sweep: bool,
    /// What is answered, with how often it had been asked for.
    pub answers: Vec<(Country, i64)>,
    /// When the first of the requests was made, by country.
    pub since: BTreeMap<Country, Timestamp>,
    /// W3C `traceparent` of the most urgent.
    pub trace: Option<String>,
}

impl Group {
    fn of(demands: &[&Demand]) -> Option<Self> {
        let first = demands.first()?;
        Some(Self {
            countries: demands.iter().map(|demand| demand.country).collect(),
            reason: first.reason,
            sweep: first.sweep,
            answers: demands.iter().map(|demand| (demand.country, demand.asked)).collect(),
            since: demands.iter().map(|demand| (demand.country, demand.requested_at)).collect(),
            trace: first.trace.clone(),
        })
    }

    /// The part of it that concerns some countries.
    pub(crate) fn within(mut self, countries: &BTreeSet<Country>) -> Self {
        self.countries.retain(|country| countries.contains(country));
        self.answers.retain(|(country, _)| countries.contains(country));
        self.since.retain(|country, _| countries.contains(country));
        self
    }

    /// What is told of its end.
    pub(crate) fn ended<'a>(
        &'a self,
        store: &'a StoreId,
        outcome: Result<&'a BuildReport, &'a WorkerError>,
    ) -> Ended<'a> {
        let since = self.since.values().min().copied();
        Ended { store, countries: &self.countries, reason: self.reason, since, outcome }
    }

    /// Each of its countries by itself: one's trouble must not hold up another.
    pub(crate) fn apart(&self) -> Vec<Self> {
        self.countries.iter().map(|country| self.clone().within(&BTreeSet::from([*country]))).collect()
    }
}

/// What is published next on the reminder for a country: it, and those at the same place that are as urgent.
///
/// Sweeps go one by one, because a sweep of a country takes seconds to minutes and others may take the next one. A
/// country that is asked for nothing has been answered already, and its reminder is done.
pub(crate) fn coalesce(
    open: &[Demand],
    reminded: Country,
    place_of: impl Fn(Country) -> usize,
) -> Option<Group> {
    let first = open.iter().find(|demand| demand.country == reminded)?;
    if first.sweep {
        return Group::of(&[first]);
    }
    let place = place_of(reminded);
    let others = open.iter().filter(|demand| {
        demand.country != reminded
            && !demand.sweep
            && demand.priority() >= first.priority()
            && place_of(demand.country) == place
    });
    Group::of(&std::iter::once(first).chain(others).collect::<Vec<_>>())
}

/// The most urgent demand that a publish of this urgency must let pass.
pub(crate) fn more_urgent(open: &[Demand], than: Priority) -> Option<&Demand> {
    open.iter().filter(|demand| demand.priority() > than).max_by_key(|demand| demand.priority())
}

#[cfg(test)]
mod tests {
    use vitrine_core::Revision;

    use super::*;

    fn country(code: &str) -> Country {
        Country::try_new(code).unwrap()
    }

    fn demand(code: &str, reason: Reason, at: i64) -> Demand {
        Demand {
            country: country(code),
            revision: Revision(1),
            reason,
            sweep: reason == Reason::Scheduled,
            asked: at,
            requested_at: Timestamp::from_ms(at),
            trace: Some(format!("trace of {code}")),
        }
    }

    fn codes(group: &Group) -> Vec<&str> {
        group.countries.iter().map(Country::code).collect()
    }

    #[test]
    fn a_change_seen_in_many_countries_is_one_publish() {
        let open = ["DE", "FR", "GB"].map(|code| demand(code, Reason::CatalogChanged, 5));
        let group = coalesce(&open, country("FR"), |_| 0).unwrap();
        assert_eq!(codes(&group), ["DE", "FR", "GB"]);
        assert_eq!(group.answers.len(), 3);
        assert_eq!((group.reason, group.trace.as_deref()), (Reason::CatalogChanged, Some("trace of FR")));
    }

    #[test]
    fn countries_of_another_place_sweeps_and_less_urgent_ones_are_left_to_others() {
        let open = [
            demand("DE", Reason::CatalogChanged, 1),
            demand("FR", Reason::Scheduled, 1),
            demand("GB", Reason::CatalogChanged, 1),
            demand("JP", Reason::ThemeChanged, 1),
            demand("AE", Reason::Manual, 1),
        ];
        let group = coalesce(&open, country("DE"), |of| usize::from(of == country("GB"))).unwrap();
        assert_eq!(codes(&group), ["AE", "DE"]);
        let sweep = coalesce(&open, country("FR"), |_| 0).unwrap();
        assert_eq!((codes(&sweep), sweep.sweep), (vec!["FR"], true));
    }

    #[test]
    fn a_reminder_of_what_was_answered_is_done() {
        assert_eq!(coalesce(&[demand("DE", Reason::Manual, 1)], country("FR"), |_| 0), None);
        assert_eq!(coalesce(&[], country("FR"), |_| 0), None);
    }

    #[test]
    fn only_what_is_more_urgent_passes() {
        let open = [demand("DE", Reason::CatalogChanged, 1), demand("FR", Reason::Manual, 2)];
        let passes = |than: Reason| more_urgent(&open, than.priority()).map(|one| one.country.code());
        assert_eq!(passes(Reason::Scheduled), Some("FR"));
        assert_eq!(passes(Reason::CatalogChanged), Some("FR"));
        assert_eq!(passes(Reason::Manual), None);
    }

    #[test]
    fn a_group_falls_apart_into_its_countries() {
        let open = ["DE", "FR"].map(|code| demand(code, Reason::CatalogChanged, 5));
        let apart = coalesce(&open, country("FR"), |_| 0).unwrap().apart();
        assert_eq!(apart.iter().map(codes).collect::<Vec<_>>(), [["DE"], ["FR"]]);
        assert!(apart.iter().all(|one| one.answers.len() == 1 && one.since.len() == 1));
    }
}
