//! The states of an order, and which lead where. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Stock is held, the money is on its way.
    PendingPayment,
    /// Paid, or to be paid as agreed: the goods can be sent.
    Placed,
    /// Some of the goods were sent.
    PartlyShipped,
    /// All goods were sent.
    Shipped,
    /// All goods came back.
    Returned,
    /// Nothing comes of it.
    Cancelled,
}

impl OrderState {
    /// Every state, in the order of an order's life.
    pub const ALL: [Self; 6] = [
        Self::PendingPayment,
        Self::Placed,
        Self::PartlyShipped,
        Self::Shipped,
        Self::Returned,
        Self::Cancelled,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingPayment => "pending_payment",
            Self::Placed => "placed",
            Self::PartlyShipped => "partly_shipped",
            Self::Shipped => "shipped",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The states that an order may come from into this one.
    pub(crate) fn reached_from(self) -> &'static [Self] {
        use OrderState::{PartlyShipped, PendingPayment, Placed, Shipped};
        match self {
            Self::PendingPayment => &[],
            Self::Placed => &[PendingPayment],
            Self::PartlyShipped => &[Placed, PartlyShipped],
            Self::Shipped => &[Placed, PartlyShipped],
            Self::Returned => &[Shipped, PartlyShipped],
            // What was sent can't be cancelled, only come back.
            Self::Cancelled => &[PendingPayment, Placed],
        }
    }

    /// Whether goods were bought: it was placed and not cancelled.
    pub fn stands(self) -> bool {
        !matches!(self, Self::PendingPayment | Self::Cancelled)
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::OrderState::{self, *};

    #[test]
    fn nothing_leads_out_of_an_end() {
        for to in OrderState::ALL {
            assert!(
                !to.reached_from().contains(&Cancelled) && !to.reached_from().contains(&Returned),
                "{to}"
            );
        }
    }

    #[test]
    fn what_was_sent_is_not_cancelled() {
        for from in [PartlyShipped, Shipped] {
            assert!(!Cancelled.reached_from().contains(&from), "{from}");
        }
    }

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for state in OrderState::ALL {
            assert_eq!(OrderState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
