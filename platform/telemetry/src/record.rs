//! Where a value is recorded: one function for each thing that happens.

use std::time::Duration;

use metrics::{counter, gauge, histogram};
use vitrine_core::{Country, Priority, Reason, StoreId};

use crate::names;

/// What a build did with its pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Rendered.
    pub rendered: u64,
    /// Looked at and unchanged.
    pub skipped: u64,
    /// Put into the object store.
    pub uploaded: u64,
    /// Bytes of those.
    pub bytes: u64,
}

/// What became of one request to the CDN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidated {
    /// The CDN confirmed it.
    Confirmed {
        /// Paths it named; a wildcard is one.
        paths: u64,
        /// What these cost, millionths of a US dollar.
        microdollars: u64,
    },
    /// It did not; the request is sent again.
    Failed,
}

/// How a release came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Something changed.
    Publish,
    /// Somebody went back.
    Rollback,
}

/// What became of a webhook delivery that was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// Imported.
    Done,
    /// It failed and is tried again.
    Retried,
    /// It was given up.
    Failed,
}

/// A change is live: its pages are in place and the CDN confirmed.
///
/// `took` begins at the change's commit, or when somebody asked.
pub fn live(store: &StoreId, country: Country, reason: Reason, took: Duration) {
    let [store, country] = storefront(store, country);
    histogram!(names::PUBLISH_TO_LIVE.name, "store" => store, "country" => country, "reason" => reason.as_str())
        .record(took.as_secs_f64());
}

/// How many messages of a priority wait, and how long the oldest has.
pub fn queue(priority: Priority, waiting: u64, oldest: Option<Duration>) {
    let level = priority.to_string();
    gauge!(names::QUEUE_MESSAGES.name, "priority" => level.clone()).set(as_f64(waiting));
    gauge!(names::QUEUE_AGE.name, "priority" => level).set(oldest.unwrap_or_default().as_secs_f64());
}

/// How many messages were given up.
pub fn queue_dead(messages: u64) {
    gauge!(names::QUEUE_DEAD.name).set(as_f64(messages));
}

/// How many letters were given up.
pub fn letters_dead(letters: u64) {
    gauge!(names::LETTERS_DEAD.name).set(as_f64(letters));
}

/// How long the oldest event has waited to be relayed; `None` where none waits.
pub fn relay_lag(oldest: Option<Duration>) {
    gauge!(names::RELAY_LAG.name).set(oldest.unwrap_or_default().as_secs_f64());
}

/// A build, or a batch of one, ended.
pub fn pages(store: &StoreId, country: Country, pages: Pages) {
    let labels = storefront(store, country);
    for (metric, count) in [
        (names::PAGES_RENDERED, pages.rendered),
        (names::PAGES_SKIPPED, pages.skipped),
        (names::PAGES_UPLOADED, pages.uploaded),
        (names::BYTES_UPLOADED, pages.bytes),
    ] {
        let [store, country] = labels.clone();
        counter!(metric.name, "store" => store, "country" => country).increment(count);
    }
}

/// A release went live.
pub fn release(store: &StoreId, country: Country, kind: Release) {
    let [store, country] = storefront(store, country);
    let kind = match kind {
        Release::Publish => "publish",
        Release::Rollback => "rollback",
    };
    counter!(names::RELEASES.name, "store" => store, "country" => country, "kind" => kind).increment(1);
}

/// A worker's lease ended before its work did.
pub fn lease_lost(store: &StoreId, country: Country) {
    let [store, country] = storefront(store, country);
    counter!(names::LEASES_LOST.name, "store" => store, "country" => country).increment(1);
}

/// The CDN was asked to forget paths.
pub fn invalidation(store: &StoreId, country: Country, what: Invalidated) {
    let [store, country] = storefront(store, country);
    let result = if what == Invalidated::Failed { "failed" } else { "confirmed" };
    counter!(
        names::INVALIDATIONS.name,
        "store" => store.clone(), "country" => country.clone(), "result" => result
    )
    .increment(1);
    if let Invalidated::Confirmed { paths, microdollars } = what {
        for (metric, count) in [(names::INVALIDATED_PATHS, paths), (names::INVALIDATION_COST, microdollars)] {
            counter!(metric.name, "store" => store.clone(), "country" => country.clone()).increment(count);
        }
    }
}

/// A request was answered; `route` is the pattern that matched.
pub fn request(method: &'static str, route: &str, status: u16, took: Duration) {
    counter!(
        names::HTTP_REQUESTS.name,
        "method" => method, "route" => route.to_owned(), "status" => status.to_string()
    )
    .increment(1);
    histogram!(names::HTTP_DURATION.name, "route" => route.to_owned()).record(took.as_secs_f64());
}

/// A webhook delivery was worked on.
pub fn delivery(store: &StoreId, what: Delivered) {
    let result = match what {
        Delivered::Done => "done",
        Delivered::Retried => "retried",
        Delivered::Failed => "failed",
    };
    counter!(names::DELIVERIES.name, "store" => store.as_str().to_owned(), "result" => result).increment(1);
}

fn storefront(store: &StoreId, country: Country) -> [String; 2] {
    [store.as_str().to_owned(), country.code().to_owned()]
}

/// Counts beyond 2^53 lose their last digits, which nobody reads off a graph.
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{METRICS, Metrics};

    fn place() -> (StoreId, Country) {
        (StoreId::try_new("nimbus").unwrap(), Country::try_new("DE").unwrap())
    }

    #[test]
    fn a_publish_is_shown_with_its_labels_and_buckets() {
        let (store, country) = place();
        let metrics = Metrics::of(|| {
            live(&store, country, Reason::CatalogChanged, Duration::from_millis(40));
            live(&store, country, Reason::CatalogChanged, Duration::from_secs(3));
        });
        let text = metrics.unwrap().render();
        let labels = r#"store="nimbus",country="DE",reason="catalog_changed""#;
        for line in [
            format!(r#"vitrine_publish_to_live_seconds_bucket{{{labels},le="0.025"}} 0"#),
            format!(r#"vitrine_publish_to_live_seconds_bucket{{{labels},le="0.05"}} 1"#),
            format!(r#"vitrine_publish_to_live_seconds_bucket{{{labels},le="5"}} 2"#),
            format!("vitrine_publish_to_live_seconds_count{{{labels}}} 2"),
            format!("vitrine_publish_to_live_seconds_sum{{{labels}}} 3.04"),
            "# TYPE vitrine_publish_to_live_seconds histogram".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "no line {line} in\n{text}");
        }
    }

    #[test]
    fn counters_add_up_and_gauges_hold_the_last_value() {
        let (store, country) = place();
        let done = Pages { rendered: 3, skipped: 40, uploaded: 2, bytes: 42_000 };
        let metrics = Metrics::of(|| {
            pages(&store, country, done);
            pages(&store, country, done);
            queue(Priority::MANUAL, 4, Some(Duration::from_millis(1_500)));
            queue(Priority::MANUAL, 0, None);
            relay_lag(Some(Duration::from_secs(2)));
            invalidation(&store, country, Invalidated::Confirmed { paths: 15, microdollars: 75_000 });
            invalidation(&store, country, Invalidated::Failed);
        });
        let text = metrics.unwrap().render();
        let place = r#"store="nimbus",country="DE""#;
        for line in [
            format!("vitrine_pages_rendered_total{{{place}}} 6"),
            format!("vitrine_uploaded_bytes_total{{{place}}} 84000"),
            r#"vitrine_queue_messages{priority="9"} 0"#.to_owned(),
            r#"vitrine_queue_age_seconds{priority="9"} 0"#.to_owned(),
            "vitrine_relay_lag_seconds 2".to_owned(),
            format!(r#"vitrine_invalidations_total{{{place},result="failed"}} 1"#),
            format!("vitrine_invalidation_cost_microdollars_total{{{place}}} 75000"),
        ] {
            assert!(text.lines().any(|found| found == line), "no line {line} in\n{text}");
        }
    }

    #[test]
    fn every_metric_is_recorded_with_the_labels_it_lists() {
        let (store, country) = place();
        let metrics = Metrics::of(|| {
            live(&store, country, Reason::Manual, Duration::ZERO);
            queue(Priority::SCHEDULED, 1, None);
            queue_dead(1);
            letters_dead(1);
            relay_lag(None);
            pages(&store, country, Pages::default());
            release(&store, country, Release::Rollback);
            lease_lost(&store, country);
            invalidation(&store, country, Invalidated::Confirmed { paths: 1, microdollars: 0 });
            request("GET", "/livez", 200, Duration::ZERO);
            delivery(&store, Delivered::Done);
        });
        let text = metrics.unwrap().render();
        for metric in METRICS {
            assert!(text.contains(&format!("# HELP {} {}", metric.name, metric.help)), "{}", metric.name);
            let shown = text.lines().find(|line| {
                let rest = line.strip_prefix(metric.name).unwrap_or_default();
                rest.starts_with(['{', ' ']) || rest.starts_with("_count")
            });
            let shown = shown.unwrap_or_else(|| panic!("{} was not recorded:\n{text}", metric.name));
            let labels: BTreeSet<&str> =
                shown.split(['{', ',']).filter_map(|part| Some(part.split_once('=')?.0)).collect();
            assert_eq!(labels, metric.labels.iter().copied().collect(), "{shown}");
        }
    }

    #[test]
    fn nothing_is_recorded_without_a_registry() {
        let (store, country) = place();
        lease_lost(&store, country);
        assert_eq!(Metrics::of(|| ()).unwrap().render(), "");
    }
}
