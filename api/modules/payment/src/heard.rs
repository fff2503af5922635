//! What a provider says: a reply, a webhook and an answer to a question are the same kind of statement.

use vitrine_core::{Money, Timestamp};

use crate::{Action, AttemptId, Failure, RefundId};

/// Something that was heard of an attempt; [`Payments::apply_in`](crate::Payments::apply_in) makes it count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Of which attempt.
    pub attempt: AttemptId,
    /// How it came.
    pub source: Source,
    /// What was said.
    pub said: Said,
    /// The provider's own words, without secrets.
    pub raw: String,
}

/// What a webhook says, before it is known whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of which attempt.
    pub attempt: Named,
    /// The provider's id of the event.
    pub event: String,
    /// What was said.
    pub said: Said,
    /// The provider's own words, without secrets.
    pub raw: String,
}

/// Which attempt a provider means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By our name.
    Ours(AttemptId),
    /// By its own.
    Theirs(String),
}

/// How something came to be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// As the reply to what we asked to be done.
    Reply,
    /// As the answer to how it stands.
    Answer,
    /// By a webhook.
    Webhook {
        /// Name of the provider.
        provider: &'static str,
        /// The provider's id of the event; the same event counts once.
        event: String,
    },
}

impl Source {
    /// As it is written into the record.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Answer => "answer",
            Self::Webhook { .. } => "webhook",
        }
    }
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Where the attempt stands.
    Attempt(Statement),
    /// Where a refund stands.
    Refund(RefundStatement),
    /// The shopper's bank wants the money back.
    Dispute(Dispute),
}

/// Where an attempt stands at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// How it stands.
    pub standing: Standing,
    /// What the provider believes it is for; held against our amount.
    pub amount: Option<Money>,
    /// The provider's name for it.
    pub provider_ref: Option<String>,
}

impl Statement {
    /// A statement without an amount.
    pub fn of(standing: Standing) -> Self {
        Self { standing, amount: None, provider_ref: None }
    }
}

/// How an attempt stands at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The provider has not been asked to move money. It may be about to be: only a cancelled attempt stays so.
    NotSeen,
    /// It works on it.
    Pending,
    /// The shopper must do something.
    RequiresAction(Action),
    /// The money is set aside.
    Authorised,
    /// So much was taken.
    Captured(Money),
    /// It was given up for good.
    Cancelled,
    /// It was refused.
    Failed(Failure),
    /// Nothing was said: the money may have moved or not.
    Silent,
}

impl Standing {
    /// As it is written into the record.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotSeen => "not_seen",
            Self::Pending => "pending",
            Self::RequiresAction(_) => "requires_action",
            Self::Authorised => "authorised",
            Self::Captured(_) => "captured",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
            Self::Silent => "silent",
        }
    }
}

/// Where a refund stands at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundStatement {
    /// Ours, or the provider's name of one that was made there.
    pub id: RefundId,
    /// How much.
    pub amount: Money,
    /// How it stands.
    pub standing: RefundStanding,
    /// The provider's name for it.
    pub provider_ref: Option<String>,
}

/// How a refund stands at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStanding {
    /// It works on it.
    Pending,
    /// The money went back.
    Succeeded,
    /// It did not.
    Failed(String),
    /// Nothing was said.
    Silent,
}

impl RefundStanding {
    /// As it is written into the record.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "refund_pending",
            Self::Succeeded => "refund_succeeded",
            Self::Failed(_) => "refund_failed",
            Self::Silent => "refund_silent",
        }
    }
}

/// A dispute: the shopper's bank wants money back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Dispute {
    /// The provider's name for it.
    pub id: String,
    /// How much is wanted back.
    pub amount: Money,
    /// The bank's reason, in the provider's words.
    pub reason: String,
    /// Where it stands, in the provider's words.
    pub status: String,
    /// When it was opened.
    pub opened_at: Timestamp,
}
