//! Named steps of an order, at which tests kill a debug build. Nothing of it is in a release build.

pub use vitrine_rehearsal::step;

/// Steps of whoever places an order whose money moves, in their order.
pub const PLACING: &[&str] =
    &["order written", "order committed", "provider answered", "completion written", "completed"];

/// Steps of recovery, of a payment whose money has moved and of which nothing was heard.
pub const RECOVERING: &[&str] = &["payment claimed", "payment looked at", "completion written", "completed"];

/// Steps of giving money back for an order that can't be kept, by one recovery after the other.
pub const REFUNDING: &[&str] = &[
    "completion written",
    "completed",
    "task claimed",
    "refund written",
    "refund claimed",
    "refund repeated",
    "completed",
];

/// Steps of giving money back in one go.
pub const REFUNDING_AT_ONCE: &[&str] = &["refund written", "refund answered", "refund applied"];
