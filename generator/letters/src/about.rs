//! What a letter that is owed is to say, as it is written down.

use serde::{Deserialize, Serialize};
use vitrine_core::{Money, Timestamp};
use vitrine_order::OrderId;

/// Facts of the event; everything else is looked up when the letter is written. Names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    /// The order.
    pub(crate) order: OrderId,
    /// When it happened; the letter's date.
    pub(crate) at: Timestamp,
    /// The shipment or withdrawal, by its id in the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<String>,
    /// What failed or went back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<Money>,
}
