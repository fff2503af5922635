//! The rules of working deliveries off, without I/O.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vitrine_core::{Revision, Timestamp};
use vitrine_import::{Finding, Report};

use crate::Error;

/// How often a delivery is tried. With [`retry_after_ms`] the last try is 155 s after the first.
pub(crate) const ATTEMPTS: i64 = 6;
const FIRST_RETRY_MS: i64 = 5_000;
/// Findings that a delivery keeps; the rest is counted.
const FINDINGS: usize = 20;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub enum State {
    /// Stored; its turn has not come, or it is tried again later.
    Received,
    /// Being fetched and imported.
    Running,
    /// Imported.
    Done,
    /// Given up.
    Failed,
}

impl State {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let all = [Self::Received, Self::Running, Self::Done, Self::Failed];
        all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| Error::Corrupt(text.to_owned()))
    }
}

/// What a sender is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The delivery's id.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// Whether it came for the first time.
    pub is_new: bool,
}

/// A delivery as it can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// When it came, ms UTC.
    pub received_at: Timestamp,
    /// When it was done or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// What the import did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What an import did, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Outcome {
    /// The store's revision afterwards.
    pub revision: Revision,
    /// Items that are new.
    pub added: u64,
    /// Items that differ from before.
    pub changed: u64,
    /// Items that are gone.
    pub removed: u64,
    /// Items as they were.
    pub unchanged: u64,
    /// Items left alone because they belong to another source.
    pub conflicts: u64,
    /// Items left out because they are wrong.
    pub failed: u64,
    /// What is wrong with them, the first 20.
    pub findings: Vec<String>,
    /// How many more findings there were.
    pub findings_left_out: u64,
}

impl Outcome {
    /// An outcome of a report whose source is called `name`.
    pub(crate) fn of(report: &Report, name: &str) -> Self {
        let total = report.total();
        let named = |finding: &Finding| Finding { file: name.to_owned(), ..finding.clone() }.to_string();
        let findings: Vec<String> = report.findings.iter().take(FINDINGS).map(named).collect();
        let left_out = report.findings.len() - findings.len();
        Self {
            revision: report.revision,
            added: total.added,
            changed: total.changed,
            removed: total.removed,
            unchanged: total.unchanged,
            conflicts: total.conflicts,
            failed: total.failed,
            findings,
            findings_left_out: report.findings_left_out + left_out as u64,
        }
    }
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conclusion {
    Done(Outcome),
    /// Again after so many ms.
    Again {
        after_ms: i64,
        why: String,
    },
    Failed {
        why: String,
    },
}

/// What a try's result means for the delivery; `attempt` counts from 1.
pub(crate) fn conclude(result: Result<Outcome, Error>, attempt: i64) -> Conclusion {
    match result {
        Ok(outcome) => Conclusion::Done(outcome),
        Err(error) if error.is_transient() && attempt < ATTEMPTS => {
            Conclusion::Again { after_ms: retry_after_ms(attempt), why: error.to_string() }
        }
        Err(error) if error.is_transient() => {
            Conclusion::Failed { why: format!("given up after {attempt} attempts: {error}") }
        }
        Err(error) => Conclusion::Failed { why: error.to_string() },
    }
}

/// 5, 10, 20, 40, 80 s.
fn retry_after_ms(attempt: i64) -> i64 {
    FIRST_RETRY_MS << (attempt - 1).clamp(0, ATTEMPTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        for state in [State::Received, State::Running, State::Done, State::Failed] {
            assert_eq!(state.as_str().parse::<State>().unwrap(), state);
        }
        assert!("lost".parse::<State>().is_err());
    }

    #[test]
    fn what_may_pass_is_tried_again_and_later_each_time() {
        let waits: Vec<i64> = (1..=ATTEMPTS)
            .filter_map(|attempt| match conclude(Err(Error::Status(503)), attempt) {
                Conclusion::Again { after_ms, .. } => Some(after_ms),
                _ => None,
            })
            .collect();
        assert_eq!(waits, [5_000, 10_000, 20_000, 40_000, 80_000]);
        let last = conclude(Err(Error::Status(503)), ATTEMPTS);
        assert_eq!(
            last,
            Conclusion::Failed { why: "given up after 6 attempts: the server answered 503".into() }
        );
    }

    #[test]
    fn what_will_not_pass_is_given_up_at_once() {
        for error in [Error::Status(403), Error::Address("no".into()), Error::TooLarge(1)] {
            let said = error.to_string();
            assert_eq!(conclude(Err(error), 1), Conclusion::Failed { why: said });
        }
        for error in [Error::Status(404), Error::Status(429), Error::Network("reset".into()), Error::Lost] {
            assert!(matches!(conclude(Err(error), 1), Conclusion::Again { .. }));
        }
    }
}
