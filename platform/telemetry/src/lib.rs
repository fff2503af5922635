//! What an operator sees: metrics for Prometheus, and the trace that a change leaves on its way to the shopper.
//!
//! Owns: the names, units and labels of all metrics ([`METRICS`], `docs/metrics.md`), W3C trace context. Must not
//! know: what is measured. Crates above record through the functions of [`record`], so that a label is never
//! forgotten or misspelled; without [`Metrics::install`] they cost next to nothing and record nothing.

mod error;
mod names;
pub mod record;
mod registry;
mod trace;

pub use error::Error;
pub use names::{Kind, METRICS, Metric};
pub use registry::Metrics;
pub use trace::{SpanId, TraceContext, TraceId, TraceParent, random_u64};

// For the macro `traced_span!`, which expands in other crates.
#[doc(hidden)]
pub use tracing as __tracing;
