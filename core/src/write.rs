//! When something is written, by whom, and as part of what.

use crate::Timestamp;

/// The circumstances of a write, as histories and events tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write<'a> {
    /// The time of the write.
    pub at: Timestamp,
    /// Who: `shopper`, `system`, or the id of a token; for tables that keep it.
    pub by: &'a str,
    /// W3C `traceparent` of what led to it.
    pub trace: Option<&'a str>,
}

impl<'a> Write<'a> {
    /// A write of the system itself, without a trace.
    pub fn at(at: Timestamp) -> Self {
        Self { at, by: "system", trace: None }
    }

    /// A write of somebody, without a trace.
    pub fn new(at: Timestamp, by: &'a str) -> Self {
        Self { at, by, trace: None }
    }

    /// The same as part of a trace.
    #[must_use]
    pub fn traced(self, trace: Option<&'a str>) -> Self {
        Self { trace, ..self }
    }
}
