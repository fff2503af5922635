//! The registry of this process, and its text for Prometheus.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::Error;
use crate::names::{Kind, METRICS};

/// Values of a histogram are collected in a list until somebody reads them or this long.
const UPKEEP: Duration = Duration::from_secs(5);

/// What was recorded; clones show the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Begins to record, for the whole process.
    ///
    /// # Errors
    /// When another registry is in place, or a thread can't be started.
    pub fn install() -> Result<Self, Error> {
        let recorder = recorder()?;
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| Error::Installed)?;
        describe();
        let kept = handle.clone();
        let keep = move || {
            loop {
                std::thread::sleep(UPKEEP);
                kept.run_upkeep();
            }
        };
        std::thread::Builder::new().name("metrics".to_owned()).spawn(keep).map_err(Error::Thread)?;
        Ok(Self { handle })
    }

    /// Metrics of what `body` records on this thread, for tests.
    ///
    /// # Errors
    /// Never in practice: the buckets are constants.
    pub fn of(body: impl FnOnce()) -> Result<Self, Error> {
        let recorder = recorder()?;
        metrics::with_local_recorder(&recorder, || {
            describe();
            body();
        });
        Ok(Self { handle: recorder.handle() })
    }

    /// Everything recorded so far, in Prometheus' text format ([`Metrics::CONTENT_TYPE`]).
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// The content type of [`Metrics::render`].
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";
}

fn recorder() -> Result<PrometheusRecorder, Error> {
    let mut builder = PrometheusBuilder::new();
    for metric in METRICS.iter().filter(|metric| metric.kind == Kind::Histogram) {
        builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), metric.buckets)?;
    }
    Ok(builder.build_recorder())
}

fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}
