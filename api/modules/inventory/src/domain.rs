//! The words of stock, without I/O.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vitrine_core::{Sku, Timestamp, typed_id};

use crate::Error;

typed_id!(
    /// Names a place where stock is kept.
    LocationId, "location id"
);
typed_id!(
    /// Names a reservation; given by the caller, so that asking twice reserves once.
    ReservationId, "reservation id"
);

/// Most pieces of a SKU in one reservation or adjustment line: far above any order, far below what sums overflow at.
pub(crate) const MOST_PIECES: i64 = 1_000_000;
/// Most SKUs in one reservation: more than carts allow, few enough to lock together.
const MOST_SKUS: usize = 500;
/// Longest owner, characters: an id of another module.
const OWNER_CHARS: usize = 64;

/// What a shopper may be told of a SKU, over all locations; as catalog's availability has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SkuState)]
pub enum StockState {
    /// More pieces are free than the threshold says.
    In,
    /// Some are free, not more than the threshold says.
    Low,
    /// None is free, but it can be bought and comes later.
    Backorder,
    /// It can't be bought.
    Out,
}

impl StockState {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Low => "low",
            Self::Backorder => "backorder",
            Self::Out => "out",
        }
    }
}

impl fmt::Display for StockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Stock of a SKU at one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stock {
    /// What.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// Pieces there that belong to no paid order; below zero by what is owed from backorder.
    pub on_hand: i64,
    /// Pieces held.
    pub reserved: i64,
    /// Pieces that may be sold beyond those on hand.
    pub backorder: i64,
    /// With so many free pieces or fewer, it runs low.
    pub low_at: i64,
    /// Place of the location in the order of drawing, lowest first.
    pub priority: i64,
    /// Grows with every change.
    pub version: i64,
}

impl Stock {
    /// Pieces that are there and not held.
    pub fn free(&self) -> i64 {
        free(self.on_hand, self.reserved)
    }

    /// Pieces that may be sold beyond the free ones.
    pub fn backorder_left(&self) -> i64 {
        backorder_left(self.on_hand, self.reserved, self.backorder)
    }

    /// Whether it is at its threshold.
    pub fn is_low(&self) -> bool {
        self.free() <= self.low_at
    }
}

fn free(on_hand: i64, reserved: i64) -> i64 {
    (on_hand - reserved).max(0)
}

fn backorder_left(on_hand: i64, reserved: i64, backorder: i64) -> i64 {
    (on_hand - reserved + backorder).max(0) - free(on_hand, reserved)
}

/// What is left of a SKU over all locations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Level {
    /// Pieces that are there and not held.
    pub free: i64,
    /// Pieces that may be sold beyond those.
    pub backorder_left: i64,
    /// Sum of the thresholds.
    pub low_at: i64,
}

impl Level {
    /// The same with another location's numbers.
    #[must_use]
    pub(crate) fn with(self, on_hand: i64, reserved: i64, backorder: i64, low_at: i64) -> Self {
        let later = backorder_left(on_hand, reserved, backorder);
        Self {
            free: self.free.saturating_add(free(on_hand, reserved)),
            backorder_left: self.backorder_left.saturating_add(later),
            low_at: self.low_at.saturating_add(low_at),
        }
    }

    /// Pieces that can be bought.
    pub fn left(&self) -> i64 {
        self.free.saturating_add(self.backorder_left)
    }

    /// What a shopper may be told.
    pub fn state(&self) -> StockState {
        self.state_for(1)
    }

    /// What a shopper may be told who needs so many pieces at once, as for a bundle.
    pub fn state_for(&self, pieces: i64) -> StockState {
        match (self.free >= pieces, self.left() >= pieces) {
            (true, _) if self.free > self.low_at => StockState::In,
            (true, _) => StockState::Low,
            (false, true) => StockState::Backorder,
            (false, false) => StockState::Out,
        }
    }
}

/// The levels of all SKUs of some rows.
pub(crate) fn levels(stock: &[Stock]) -> BTreeMap<Sku, Level> {
    let mut levels: BTreeMap<Sku, Level> = BTreeMap::new();
    for row in stock {
        // Rows of a SKU come one after the other, but a map does not depend on it.
        let level = levels.entry(row.sku.clone()).or_default();
        *level = level.with(row.on_hand, row.reserved, row.backorder, row.low_at);
    }
    levels
}

/// Pieces of a SKU that a reservation took from a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// What.
    pub sku: Sku,
    /// From where.
    pub location: LocationId,
    /// How many, those that come later included.
    pub quantity: i64,
    /// How many of them were not there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub backordered: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Too few pieces of a SKU are left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Shortage {
    /// What.
    pub sku: Sku,
    /// Pieces asked for, over all lines.
    pub wanted: i64,
    /// Pieces that can be bought.
    pub left: i64,
}

/// What is to be held.
#[derive(Clone, Copy, Debug)]
pub struct NewReservation<'a> {
    /// Names it.
    pub id: &'a ReservationId,
    /// Whom it is for: the id of an order or checkout, 1 to 64 characters.
    pub owner: &'a str,
    /// SKUs and pieces, parts of bundles among them; a SKU may be there more than once.
    pub lines: &'a [(Sku, i64)],
    /// From when on it may be taken away.
    pub until: Timestamp,
}

impl NewReservation<'_> {
    /// The pieces of each SKU.
    pub(crate) fn wanted(&self, now: Timestamp) -> Result<BTreeMap<Sku, i64>, Error> {
        check_text("owner", self.owner, OWNER_CHARS)?;
        if self.until <= now {
            return Err(Error::Until { until: self.until, now });
        }
        let mut wanted: BTreeMap<Sku, i64> = BTreeMap::new();
        for (sku, quantity) in self.lines {
            let sum = wanted.entry(sku.clone()).or_default();
            let pieces = sum.saturating_add(*quantity);
            if *quantity < 1 || pieces > MOST_PIECES {
                let found = if *quantity < 1 { *quantity } else { pieces };
                return Err(Error::Quantity { sku: sku.clone(), found, allowed: "1 to 1000000" });
            }
            *sum = pieces;
        }
        match wanted.len() {
            0 => Err(Error::Empty),
            found if found > MOST_SKUS => Err(Error::TooMany { found, most: MOST_SKUS }),
            _ => Ok(wanted),
        }
    }
}

/// What became of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// The pieces are held.
    Held,
    /// The pieces have left stock.
    Committed,
    /// Its owner gave the pieces back.
    Released,
    /// Its time was over, and the pieces were given back.
    Expired,
}

impl ReservationState {
    const ALL: [Self; 4] = [Self::Held, Self::Committed, Self::Released, Self::Expired];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for ReservationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ReservationState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| text.to_owned())
    }
}

/// Pieces held for somebody, or what was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reservation {
    /// Names it.
    pub id: ReservationId,
    /// Whom it is for.
    pub owner: String,
    /// What became of it.
    pub state: ReservationState,
    /// What was taken from where, sorted by SKU and location.
    pub draws: Vec<Draw>,
    /// From when on it may be taken away, while it is held.
    pub expires_at: Timestamp,
    /// When it became what it is.
    pub changed_at: Timestamp,
}

impl Reservation {
    /// The pieces of each SKU.
    pub fn pieces(&self) -> BTreeMap<Sku, i64> {
        let mut pieces = BTreeMap::new();
        for draw in &self.draws {
            *pieces.entry(draw.sku.clone()).or_default() += draw.quantity;
        }
        pieces
    }

    /// The pieces of each SKU that come later.
    pub fn backordered(&self) -> BTreeMap<Sku, i64> {
        let mut pieces = BTreeMap::new();
        for draw in self.draws.iter().filter(|draw| draw.backordered > 0) {
            *pieces.entry(draw.sku.clone()).or_default() += draw.backordered;
        }
        pieces
    }
}

/// Checks a text that people or other modules give.
pub(crate) fn check_text(field: &'static str, text: &str, most: usize) -> Result<(), Error> {
    let found = text.chars().count();
    match (1..=most).contains(&found) && !text.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::Text { field, found, most }),
    }
}
