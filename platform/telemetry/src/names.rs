//! Every metric there is: one table, which `docs/metrics.md` repeats.

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; a restart begins at 0.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How values are spread, in buckets.
    Histogram,
}

impl Kind {
    /// As Prometheus calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric's name and meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Name, as it stands in `/metrics`.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// What one of it is.
    pub unit: &'static str,
    /// Its labels, in order.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
    /// Upper bounds of a histogram's buckets, in its unit.
    pub buckets: &'static [f64],
}

/// From a few milliseconds (one price, embedded) to half an hour (a full build behind others).
const LIVE_BUCKETS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];
/// From a read of memory to the longest a request may take.
const REQUEST_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];

const STOREFRONT: &[&str] = &["store", "country"];

macro_rules! metrics {
    ($($name:ident = $text:literal, $kind:ident, $unit:literal, $labels:expr, $buckets:expr, $help:literal;)+) => {
        $(
            #[doc = $help]
            pub(crate) const $name: Metric = Metric {
                name: $text,
                kind: Kind::$kind,
                unit: $unit,
                labels: $labels,
                help: $help,
                buckets: $buckets,
            };
        )+

        /// Every metric, in the order of `docs/metrics.md`.
        pub const METRICS: &[Metric] = &[$($name,)+];
    };
}

metrics! {
    PUBLISH_TO_LIVE = "vitrine_publish_to_live_seconds", Histogram, "seconds", &["store", "country", "reason"], LIVE_BUCKETS,
        "Time from a change's commit, or from asking, until its pages are live and the CDN confirmed it.";
    QUEUE_MESSAGES = "vitrine_queue_messages", Gauge, "messages", &["priority"], &[],
        "Messages that wait.";
    QUEUE_AGE = "vitrine_queue_age_seconds", Gauge, "seconds", &["priority"], &[],
        "How long the oldest message has waited; 0 where none does.";
    QUEUE_DEAD = "vitrine_queue_dead_messages", Gauge, "messages", &[], &[],
        "Messages that were given up.";
    LETTERS_DEAD = "vitrine_mail_dead_letters", Gauge, "letters", &[], &[],
        "Letters that were given up.";
    RELAY_LAG = "vitrine_relay_lag_seconds", Gauge, "seconds", &[], &[],
        "How long the oldest event has waited to be relayed; 0 where none does.";
    PAGES_RENDERED = "vitrine_pages_rendered_total", Counter, "pages", STOREFRONT, &[],
        "Pages that were rendered.";
    PAGES_SKIPPED = "vitrine_pages_skipped_total", Counter, "pages", STOREFRONT, &[],
        "Pages that were looked at and had not changed.";
    PAGES_UPLOADED = "vitrine_pages_uploaded_total", Counter, "pages", STOREFRONT, &[],
        "Pages whose bytes were new and were put into the object store.";
    BYTES_UPLOADED = "vitrine_uploaded_bytes_total", Counter, "bytes", STOREFRONT, &[],
        "Bytes put into the object store.";
    RELEASES = "vitrine_releases_total", Counter, "releases", &["store", "country", "kind"], &[],
        "Releases that went live; kind is publish or rollback.";
    LEASES_LOST = "vitrine_leases_lost_total", Counter, "leases", STOREFRONT, &[],
        "Leases that ended before their work did, so that another worker had to go on.";
    INVALIDATIONS = "vitrine_invalidations_total", Counter, "requests", &["store", "country", "result"], &[],
        "Requests to the CDN; result is confirmed or failed, and a failed one is sent again.";
    INVALIDATED_PATHS = "vitrine_invalidated_paths_total", Counter, "paths", STOREFRONT, &[],
        "Paths that the CDN was told to forget; a wildcard is one.";
    INVALIDATION_COST = "vitrine_invalidation_cost_microdollars_total", Counter, "microdollars", STOREFRONT, &[],
        "What the CDN charges for these paths, free ones not counted.";
    HTTP_REQUESTS = "vitrine_http_requests_total", Counter, "requests", &["method", "route", "status"], &[],
        "Requests answered by the API; route is the pattern, never the path.";
    HTTP_DURATION = "vitrine_http_request_duration_seconds", Histogram, "seconds", &["route"], REQUEST_BUCKETS,
        "Time from a request's head to its answer's head.";
    DELIVERIES = "vitrine_hook_deliveries_total", Counter, "deliveries", &["store", "result"], &[],
        "Webhook deliveries worked on; result is done, retried or failed.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_states_its_unit_as_prometheus_wants() {
        for metric in METRICS {
            assert!(metric.name.starts_with("vitrine_") && metric.help.ends_with('.'), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
            assert_eq!(metric.buckets.is_empty(), metric.kind != Kind::Histogram, "{}", metric.name);
            assert!(metric.buckets.windows(2).all(|pair| pair[0] < pair[1]), "{}", metric.name);
            if ["seconds", "bytes", "microdollars"].contains(&metric.unit) {
                assert!(metric.name.contains(metric.unit), "{}", metric.name);
            }
        }
    }

    #[test]
    fn the_document_lists_every_metric_and_no_other() {
        let document = include_str!("../../../docs/metrics.md");
        for metric in METRICS {
            let labels = if metric.labels.is_empty() { "none".to_owned() } else { metric.labels.join(", ") };
            let row = format!(
                "| `{}` | {} | {} | {labels} | {} |",
                metric.name,
                metric.kind.as_str(),
                metric.unit,
                metric.help
            );
            assert!(document.lines().any(|line| line == row), "docs/metrics.md lacks this line:\n{row}");
        }
        let rows = document.lines().filter(|line| line.starts_with("| `vitrine_")).count();
        assert_eq!(rows, METRICS.len());
    }
}
