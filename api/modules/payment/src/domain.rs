//! The words of payment, without I/O.

use std::fmt;

use serde::{Deserialize, Serialize};
use vitrine_core::{Money, Timestamp, typed_id};

typed_id!(
    /// Names a payment attempt; given by the caller, and the key of everything that is asked of the provider.
    AttemptId, "attempt id"
);
typed_id!(
    /// Names a refund; given by the caller, so that asking twice pays back once.
    RefundId, "refund id"
);

/// Defines an enumeration that is written as one word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($(#[$member_doc:meta])* $member:ident = $word:literal,)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$member_doc])* #[serde(rename = $word)] $member,)+
        }

        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$member,)+];

            /// As it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$member => $word,)+ }
            }

            /// The member of a word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.as_str() == word)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                vitrine_core::schema::one_of(stringify!($name), Self::ALL.iter().map(|word| word.as_str()))
            }
        }

        impl utoipa::ToSchema for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(
    /// Where a payment attempt stands, as far as we know.
    AttemptState:
    /// Nothing was sent yet.
    Created = "created",
    /// Sent, or waiting for the money.
    Pending = "pending",
    /// The shopper must do something: 3-D Secure.
    RequiresAction = "requires_action",
    /// The money is set aside for us.
    Authorised = "authorised",
    /// The money is ours.
    Captured = "captured",
    /// Some of the money went back.
    PartiallyRefunded = "partially_refunded",
    /// All of it went back.
    Refunded = "refunded",
    /// It was given up, and no money can move any more.
    Cancelled = "cancelled",
    /// The provider refused it.
    Failed = "failed",
    /// The provider did not answer: ask it.
    Unknown = "unknown",
);

impl AttemptState {
    /// Whether the goods may be sold on it.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Authorised | Self::Captured | Self::PartiallyRefunded | Self::Refunded)
    }

    /// Whether it ended without money.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Cancelled | Self::Failed)
    }

    /// From which states the word of a provider may lead here.
    ///
    /// That money moved is believed in every state. Anything less is not believed after more is known: messages come
    /// late and out of order. Whoever doubts asks.
    pub(crate) fn reached_from(self) -> &'static [Self] {
        use AttemptState::{
            Authorised, Cancelled, Created, Failed, PartiallyRefunded, Pending, Refunded, RequiresAction,
            Unknown,
        };
        match self {
            Self::Created => &[],
            Self::Pending => &[Created, RequiresAction, Unknown],
            Self::RequiresAction => &[Pending, RequiresAction, Unknown],
            Self::Authorised => &[Pending, RequiresAction, Unknown],
            Self::Captured => &[Created, Pending, RequiresAction, Authorised, Unknown, Failed, Cancelled],
            Self::Cancelled => &[Created, Pending, RequiresAction, Authorised, Unknown, Failed],
            Self::Failed => &[Created, Pending, RequiresAction, Unknown],
            Self::Unknown => &[Pending, RequiresAction, Authorised],
            // Sums lead here, see `of_sums`.
            Self::PartiallyRefunded => &[Self::Captured, PartiallyRefunded, Refunded],
            Self::Refunded => &[Self::Captured, PartiallyRefunded],
        }
    }

    /// The state of captured money.
    pub(crate) fn of_sums(captured: i64, refunded: i64) -> Self {
        match refunded {
            0 => Self::Captured,
            all if all >= captured => Self::Refunded,
            _ => Self::PartiallyRefunded,
        }
    }
}

words!(
    /// When the money of an attempt is taken.
    Capture:
    /// Together with the authorisation.
    Automatic = "automatic",
    /// When somebody says so: on shipping, or when a transfer arrives.
    Manual = "manual",
);

words!(
    /// Where a refund stands.
    RefundState:
    /// Nothing was sent yet.
    Created = "created",
    /// The provider works on it.
    Pending = "pending",
    /// The money went back.
    Succeeded = "succeeded",
    /// It did not go back.
    Failed = "failed",
    /// The provider did not answer: send it again, it counts once.
    Unknown = "unknown",
);

words!(
    /// Why an attempt failed, as far as a shopper is told.
    FailureCode:
    /// The bank refused without a reason that may be told.
    Declined = "declined",
    /// There is too little money.
    InsufficientFunds = "insufficient_funds",
    /// The card is too old.
    ExpiredCard = "expired_card",
    /// Number or check digits are wrong, or the method can't be used.
    InvalidMethod = "invalid_method",
    /// The shopper was not recognised by 3-D Secure.
    AuthenticationFailed = "authentication_failed",
    /// The provider could not be reached, so nothing was sent.
    Unavailable = "unavailable",
);

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For the shopper.
    pub code: FailureCode,
    /// The provider's own code, for people who look into it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What the shopper must do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Action {
    /// An address to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// What the provider's script needs to go on. Only for the shopper whose attempt it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// A payment to be tried.
#[derive(Clone, Copy, Debug)]
pub struct NewAttempt<'a> {
    /// Names it.
    pub id: &'a AttemptId,
    /// Whom it is for: the id of an order or checkout, 1 to 64 characters.
    pub reference: &'a str,
    /// Name of the provider.
    pub provider: &'a str,
    /// How much; above zero.
    pub amount: Money,
    /// When the money is taken.
    pub capture: Capture,
    /// What the provider gave the shopper's browser; never a card number. At most 255 characters.
    pub token: &'a str,
}

/// A payment that was or is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Names it.
    pub id: AttemptId,
    /// Whom it is for.
    pub reference: String,
    /// Name of the provider.
    pub provider: String,
    /// How much.
    pub amount: Money,
    /// When the money is taken.
    pub capture: Capture,
    /// What the provider gave the shopper's browser.
    #[serde(skip)]
    pub token: String,
    /// The provider's name for it.
    pub provider_ref: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// What was taken.
    pub captured: Money,
    /// What went back.
    pub refunded: Money,
    /// What is on its way back.
    pub refunding: Money,
    /// The amount somebody asked to be captured.
    pub capture_asked: Option<Money>,
    /// What the shopper must do.
    #[serde(skip)]
    pub action: Option<Action>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// Money to be paid back.
#[derive(Clone, Copy, Debug)]
pub struct NewRefund<'a> {
    /// Names it.
    pub id: &'a RefundId,
    /// Of which attempt.
    pub attempt: &'a AttemptId,
    /// How much; above zero, never above what was captured.
    pub amount: Money,
    /// Why, in words; at most 200 characters.
    pub reason: &'a str,
}

/// Money that is or was paid back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// Names it.
    pub id: RefundId,
    /// Of which attempt.
    pub attempt: AttemptId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: RefundState,
    /// How often it was sent before.
    pub tries: i64,
    /// The provider's name for it.
    pub provider_ref: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::AttemptState::{self, *};

    #[test]
    fn nothing_leads_out_of_money_but_refunds() {
        for to in [Created, Pending, RequiresAction, Authorised, Cancelled, Failed, Unknown] {
            for from in [Captured, PartiallyRefunded, Refunded] {
                assert!(!to.reached_from().contains(&from), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn money_is_believed_wherever_it_was_not_known() {
        for &from in AttemptState::ALL {
            let known = matches!(from, Captured | PartiallyRefunded | Refunded);
            assert_eq!(Captured.reached_from().contains(&from), !known, "{from}");
        }
    }

    #[test]
    fn the_dead_come_back_for_money_only() {
        for to in [Pending, RequiresAction, Authorised, Unknown] {
            assert!(!to.reached_from().contains(&Failed) && !to.reached_from().contains(&Cancelled), "{to}");
        }
    }

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for &state in AttemptState::ALL {
            assert_eq!(AttemptState::parse(state.as_str()), Some(state));
        }
        assert_eq!(AttemptState::parse("paid"), None);
        assert_eq!([AttemptState::of_sums(5, 0), AttemptState::of_sums(5, 4)], [Captured, PartiallyRefunded]);
        assert_eq!(AttemptState::of_sums(5, 5), Refunded);
    }
}
