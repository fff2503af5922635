//! One trace through four processes' logs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use vitrine_telemetry::{TraceContext, traced_span};

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(level: tracing::Level, work: impl FnOnce()) -> Vec<serde_json::Value> {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || writer.clone());
    tracing::subscriber::with_default(subscriber.finish(), work);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What each process does: goes on with the trace it was handed, logs, and hands its own step on.
fn step(handed: &str, name: &str) -> String {
    let trace = TraceContext::continued(Some(handed));
    let span = match name {
        "relay" => traced_span!(trace, "relay", events = 3),
        "worker" => traced_span!(trace, "worker", country = %"DE"),
        "drain" => traced_span!(trace, "drain"),
        _ => traced_span!(trace, "request"),
    };
    span.in_scope(|| tracing::error!(step = name, "did its part"));
    trace.traceparent()
}

#[test]
fn every_process_logs_the_trace_it_was_handed() {
    let root = TraceContext::root();
    let lines = logged(tracing::Level::ERROR, || {
        let mut handed = root.traceparent();
        for name in ["request", "relay", "worker", "drain"] {
            handed = step(&handed, name);
        }
    });
    assert_eq!(lines.len(), 4, "{lines:?}");
    let trace = root.trace_id().to_string();
    for line in &lines {
        assert_eq!(line["span"]["trace_id"], trace.as_str(), "{line}");
        assert_eq!(line["span"]["name"], line["fields"]["step"], "{line}");
    }
    assert_eq!((&lines[1]["span"]["events"], &lines[2]["span"]["country"]), (&3.into(), &"DE".into()));
    let mut spans: Vec<_> = lines.iter().map(|line| line["span"]["span_id"].to_string()).collect();
    spans.sort();
    spans.dedup();
    assert_eq!(spans.len(), 4, "a step has a name of its own");
}
