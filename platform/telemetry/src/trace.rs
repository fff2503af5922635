//! The trace of a change, as W3C Trace Context writes it: `traceparent: 00-<trace>-<span>-<flags>`.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Length of a `traceparent` of version 00.
const LENGTH: usize = 55;
const SAMPLED: u8 = 1;

/// Names a whole trace: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(u128);

/// Names one step of a trace: 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(u64);

/// The text of a [`TraceContext`] for a header or a message.
pub type TraceParent = String;

/// Where in which trace some work stands.
///
/// Each process that takes part makes a [`child`](Self::child) of what it was handed, and logs within
/// [`traced_span!`](crate::traced_span), so that one `trace_id` finds a change from the write to the CDN's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: TraceId,
    span: SpanId,
    flags: u8,
}

impl TraceContext {
    /// Begins a trace.
    pub fn root() -> Self {
        // A zero means 'none' in the format.
        let trace = (u128::from(random_u64()) << 64 | u128::from(random_u64())).max(1);
        Self { trace: TraceId(trace), span: SpanId::random(), flags: SAMPLED }
    }

    /// Goes on with a trace that was handed over, or begins one where nothing (readable) was.
    pub fn continued(traceparent: Option<&str>) -> Self {
        traceparent.and_then(Self::parse).map_or_else(Self::root, Self::child)
    }

    /// Reads a `traceparent`; what does not follow the format is none.
    ///
    /// Of a version after 00 the four fields known today are read, as the format asks.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let text = traceparent.trim_matches([' ', '\t']);
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let mut fields = known.split('-');
        let version = hex(fields.next()?, 2)?;
        let trace = hex(fields.next()?, 32)?;
        let span = u64::try_from(hex(fields.next()?, 16)?).ok()?;
        let flags = u8::try_from(hex(fields.next()?, 2)?).ok()?;
        let well_formed = fields.next().is_none()
            && version != 0xff
            && (rest.is_empty() || (version > 0 && rest.starts_with('-')))
            && trace != 0
            && span != 0;
        well_formed.then_some(Self { trace: TraceId(trace), span: SpanId(span), flags: flags & SAMPLED })
    }

    /// The next step of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: SpanId::random(), ..self }
    }

    /// The text that hands this step over as the parent of what comes next.
    pub fn traceparent(self) -> TraceParent {
        format!("00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }

    /// The trace.
    pub fn trace_id(self) -> TraceId {
        self.trace
    }

    /// The step.
    pub fn span_id(self) -> SpanId {
        self.span
    }
}

impl SpanId {
    fn random() -> Self {
        Self(random_u64().max(1))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

/// A number that no other call gives, for ids that are no secrets.
///
/// The standard hasher takes its keys from the system's random numbers and changes them with each call.
pub fn random_u64() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Reads exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(lower)).then(|| u128::from_str_radix(text, 16).ok())?
}

/// A span that logs its trace: `trace_id` and `span_id`, then fields as in [`tracing::span!`].
///
/// It is there at every level, or the errors within it would lose their trace where only errors are logged.
///
/// ```
/// use vitrine_telemetry::{TraceContext, traced_span};
///
/// let trace = TraceContext::continued(Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
/// let span = traced_span!(trace, "publish", country = "DE");
/// let _entered = span.enter();
/// ```
#[macro_export]
macro_rules! traced_span {
    ($trace:expr, $name:literal $(, $($fields:tt)*)?) => {
        match $trace {
            trace => $crate::__tracing::error_span!(
                $name,
                trace_id = %$crate::TraceContext::trace_id(trace),
                span_id = %$crate::TraceContext::span_id(trace)
                $(, $($fields)*)?
            ),
        }
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_is_read_and_written_as_it_came() {
        let trace = TraceContext::parse(GIVEN).unwrap();
        assert_eq!(trace.traceparent(), GIVEN);
        assert_eq!(trace.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.span_id().to_string(), "00f067aa0ba902b7");
        let unsampled = GIVEN.replace("-01", "-00");
        assert_eq!(TraceContext::parse(&unsampled).unwrap().traceparent(), unsampled);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = GIVEN.replacen("00-", "cc-", 1);
        for text in [later.clone(), format!("{later}-what-the-future-brings")] {
            assert_eq!(TraceContext::parse(&text), TraceContext::parse(GIVEN), "{text}");
        }
        assert_eq!(TraceContext::parse(&format!("{later}x")), None);
    }

    #[test]
    fn what_is_no_trace_is_none() {
        for wrong in [
            "",
            "00",
            &GIVEN[..54],
            &format!("{GIVEN}-"),
            &GIVEN.replacen("00-", "ff-", 1),
            &GIVEN.to_uppercase(),
            &GIVEN.replace('f', "g"),
            &GIVEN.replace('-', "_"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            &"é".repeat(30),
            &format!("{}é-01", &GIVEN[..51]),
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_child_belongs_to_the_trace_and_has_a_name_of_its_own() {
        let parent = TraceContext::parse(GIVEN).unwrap();
        let child = TraceContext::continued(Some(GIVEN));
        assert_eq!(child.trace_id(), parent.trace_id());
        assert_ne!(child.span_id(), parent.span_id());
        assert_ne!(TraceContext::continued(Some("nonsense")).trace_id(), parent.trace_id());
        assert_ne!(TraceContext::continued(None), TraceContext::continued(None));
    }

    #[test]
    fn a_thousand_traces_have_a_thousand_names() {
        let traces: BTreeSet<_> = (0..1_000).map(|_| TraceContext::root().trace_id()).collect();
        assert_eq!(traces.len(), 1_000);
        assert!(
            traces.iter().all(|trace| TraceContext::parse(&format!("00-{trace}-{:016x}-01", 1)).is_some())
        );
    }
}
