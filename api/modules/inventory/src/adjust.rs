//! Changes of stock other than sales, and the rules of a row.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use vitrine_core::{Sku, StoreId};
use vitrine_db::{Batch, Tx, sql};

use crate::domain::{MOST_PIECES, check_text};
use crate::locations::locations_in;
use crate::repo::{self, Shift};
use crate::reserve::shifted;
use crate::{Error, Inventory, LocationId, ReservationId, Stock, Write, events};

/// Most lines at once: they are locked together.
const MOST_LINES: usize = 500;
/// Longest reason and longest name of who made it, characters.
const TEXT_CHARS: usize = 200;

/// What kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentKind {
    /// So many pieces came in.
    Receive,
    /// So many pieces are there now, those of paid orders that wait to be shipped left out.
    Count,
    /// So many more, or fewer, than believed: broken, found, moved.
    Correct,
    /// So many pieces came back.
    Return,
}

impl AdjustmentKind {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Count => "count",
            Self::Correct => "correct",
            Self::Return => "return",
        }
    }

    /// How a line changes what is on hand; `Err` says which quantities are allowed.
    fn change(self, quantity: i64, on_hand: i64) -> Result<i64, &'static str> {
        let range = -MOST_PIECES..=MOST_PIECES;
        match self {
            Self::Receive | Self::Return if (1..=MOST_PIECES).contains(&quantity) => Ok(quantity),
            Self::Receive | Self::Return => Err("1 to 1000000"),
            Self::Count if (0..=MOST_PIECES).contains(&quantity) => Ok(quantity - on_hand),
            Self::Count => Err("0 to 1000000"),
            Self::Correct if quantity != 0 && range.contains(&quantity) => Ok(quantity),
            Self::Correct => Err("-1000000 to 1000000 and not 0"),
        }
    }
}

impl fmt::Display for AdjustmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A change of stock that somebody made.
#[derive(Clone, Copy, Debug)]
pub struct Adjustment<'a> {
    /// Names it; with its kind, unique in the store. The same again changes nothing.
    pub id: &'a str,
    /// What kind of change.
    pub kind: AdjustmentKind,
    /// Why, in words.
    pub reason: &'a str,
    /// Who says so.
    pub by: &'a str,
    /// What changes; 1 to 500 lines, each place once.
    pub lines: &'a [AdjustmentLine],
}

/// A line of an adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentLine {
    /// What.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// Pieces; what they mean says the kind.
    pub quantity: i64,
}

/// What became of an adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adjusted {
    /// Whether it was this call that changed stock, and not one before.
    pub first: bool,
    /// The rows of all SKUs concerned, as they were before; those that this made are left out.
    pub before: Vec<Stock>,
    /// The rows of all SKUs concerned, as they are now.
    pub stock: Vec<Stock>,
}

/// What holds for a SKU at a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockRule {
    /// What.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// Pieces that may be sold beyond those on hand; 0 to 1,000,000.
    #[serde(default)]
    pub backorder: i64,
    /// With so many free pieces or fewer, it runs low; 0 to 1,000,000.
    #[serde(default)]
    pub low_at: i64,
}

impl Inventory {
    /// Changes what is on hand. A place that has no row yet gets one, without backorder and with threshold 0.
    ///
    /// A count below what is held is believed: the pieces are missing, and the reservations stand.
    ///
    /// # Errors
    /// [`Error::Quantity`], [`Error::Below`] if more is taken away than there is, [`Error::UnknownLocation`],
    /// [`Error::Twice`], [`Error::Empty`], [`Error::TooMany`], [`Error::Text`], or the database fails.
    pub async fn adjust_in(
        tx: &mut Tx,
        store: &StoreId,
        adjustment: &Adjustment<'_>,
        write: &Write<'_>,
    ) -> Result<Adjusted, Error> {
        check_text("id", adjustment.id, TEXT_CHARS)?;
        check_text("reason", adjustment.reason, TEXT_CHARS)?;
        check_text("by", adjustment.by, TEXT_CHARS)?;
        let places: Vec<Place<'_>> =
            adjustment.lines.iter().map(|line| (&line.sku, &line.location)).collect();
        let Opened { before, rows } = open_in(tx, store, &places).await?;
        if is_known_in(tx, store, adjustment).await? {
            return Ok(Adjusted { first: false, before, stock: rows });
        }
        let shifts = shifts(adjustment, &rows)?;
        record_in(tx, store, adjustment, &shifts, write).await?;
        repo::shift_in(tx, store, &shifts).await?;
        let after = shifted(&rows, &shifts);
        events::tell_in(tx, store, &before, &after, write).await?;
        Ok(Adjusted { first: true, before, stock: after })
    }

    /// Sets backorder and threshold of places; one that has no row yet gets one, without a piece. It is always the first
    /// time.
    ///
    /// From then on a SKU is one that inventory knows, and without a piece it is out.
    ///
    /// # Errors
    /// [`Error::Quantity`], [`Error::UnknownLocation`], [`Error::Twice`], [`Error::Empty`], [`Error::TooMany`], or
    /// the database fails.
    pub async fn set_rules_in(
        tx: &mut Tx,
        store: &StoreId,
        rules: &[StockRule],
        write: &Write<'_>,
    ) -> Result<Adjusted, Error> {
        for rule in rules {
            for found in [rule.backorder, rule.low_at] {
                if !(0..=MOST_PIECES).contains(&found) {
                    return Err(Error::Quantity { sku: rule.sku.clone(), found, allowed: "0 to 1000000" });
                }
            }
        }
        let places: Vec<Place<'_>> = rules.iter().map(|rule| (&rule.sku, &rule.location)).collect();
        let Opened { before, rows: mut after } = open_in(tx, store, &places).await?;
        for rule in rules {
            let query = sql("UPDATE inventory_stock SET backorder = $1, low_at = $2, version = version + 1 \
                 WHERE store = $3 AND sku = $4 AND location = $5"
                .to_owned());
            let query = query.bind(rule.backorder).bind(rule.low_at).bind(store.as_str().to_owned());
            let query = query.bind(rule.sku.as_str().to_owned()).bind(rule.location.as_str().to_owned());
            query.execute(&mut **tx).await?;
            for row in after.iter_mut().filter(|row| row.sku == rule.sku && row.location == rule.location) {
                (row.backorder, row.low_at) = (rule.backorder, rule.low_at);
                row.version += 1;
            }
        }
        events::tell_in(tx, store, &before, &after, write).await?;
        Ok(Adjusted { first: true, before, stock: after })
    }

    /// Gives back, as a return, what a committed reservation took: its order is cancelled before it is shipped.
    ///
    /// # Errors
    /// [`Error::Ended`] if its pieces have not left stock, [`Error::Unknown`], or the database fails.
    pub async fn restock_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &ReservationId,
        reason: &str,
        by: &str,
        write: &Write<'_>,
    ) -> Result<Adjusted, Error> {
        let sold = repo::reservation(tx, store, id).await?.ok_or_else(|| Error::Unknown(id.clone()))?;
        if sold.state != crate::ReservationState::Committed {
            return Err(Error::Ended { id: sold.id, state: sold.state });
        }
        let line = |draw: crate::Draw| AdjustmentLine {
            sku: draw.sku,
            location: draw.location,
            quantity: draw.quantity,
        };
        let lines: Vec<AdjustmentLine> = sold.draws.into_iter().map(line).collect();
        let kind = AdjustmentKind::Return;
        // People's own ids must not meet it.
        let id = format!("reservation {id}");
        let adjustment = Adjustment { id: &id, kind, reason, by, lines: &lines };
        Self::adjust_in(tx, store, &adjustment, write).await
    }
}

type Place<'a> = (&'a Sku, &'a LocationId);

/// All rows of some SKUs, locked.
struct Opened {
    /// As they were, without those that were made for this.
    before: Vec<Stock>,
    /// As they are.
    rows: Vec<Stock>,
}

/// Checks places, makes the rows that are missing, and locks all rows of their SKUs.
async fn open_in(tx: &mut Tx, store: &StoreId, places: &[Place<'_>]) -> Result<Opened, Error> {
    if places.is_empty() {
        return Err(Error::Empty);
    }
    if places.len() > MOST_LINES {
        return Err(Error::TooMany { found: places.len(), most: MOST_LINES });
    }
    let known = locations_in(tx, store).await?;
    let mut sorted = BTreeSet::new();
    for &(sku, location) in places {
        if known.iter().all(|known| known.id != *location) {
            return Err(Error::UnknownLocation(location.clone()));
        }
        if !sorted.insert((sku, location)) {
            return Err(Error::Twice { sku: sku.clone(), location: location.clone() });
        }
    }
    let mut batch = Batch::new(
        "INSERT INTO inventory_stock (store, sku, location, on_hand, reserved, backorder, low_at, version)",
        8,
        "ON CONFLICT (store, sku, location) DO NOTHING RETURNING sku, location",
    );
    for (sku, location) in &sorted {
        let [zero, one] = [0, 1].map(vitrine_db::Value::from);
        let place = [store.as_str().into(), sku.as_str().into(), location.as_str().into()];
        let [store, sku, location] = place;
        batch.push([store, sku, location, zero.clone(), zero.clone(), zero.clone(), zero, one]);
    }
    let mut made = BTreeSet::new();
    for row in batch.fetch_in(tx).await? {
        made.insert((repo::sku(&row)?, repo::location(&row)?));
    }
    let rows = repo::lock_in(tx, store, sorted.into_iter().map(|(sku, _)| sku)).await?;
    let is_made = |row: &&Stock| made.contains(&(row.sku.clone(), row.location.clone()));
    let before = rows.iter().filter(|row| !is_made(row)).cloned().collect();
    Ok(Opened { before, rows })
}

/// Whether an adjustment was made; asked after its rows are locked, so of two at once the second sees the first.
async fn is_known_in(tx: &mut Tx, store: &StoreId, adjustment: &Adjustment<'_>) -> Result<bool, Error> {
    let query =
        sqlx::query("SELECT 1 FROM inventory_movement WHERE store = $1 AND kind = $2 AND id = $3 LIMIT 1");
    let query = query.bind(store.as_str()).bind(adjustment.kind.as_str()).bind(adjustment.id);
    Ok(query.fetch_optional(&mut **tx).await?.is_some())
}

fn shifts(adjustment: &Adjustment<'_>, stock: &[Stock]) -> Result<Vec<Shift>, Error> {
    let shift = |line: &AdjustmentLine| {
        let AdjustmentLine { sku, location, quantity } = line.clone();
        let row = stock.iter().find(|row| row.sku == sku && row.location == location);
        let on_hand = row.map_or(0, |row| row.on_hand);
        let change = match adjustment.kind.change(quantity, on_hand) {
            Ok(change) => change,
            Err(allowed) => return Err(Error::Quantity { sku, found: quantity, allowed }),
        };
        if change < 0 && on_hand + change < 0 {
            return Err(Error::Below { sku, location, on_hand, change });
        }
        Ok(Shift { sku, location, on_hand: change, reserved: 0 })
    };
    adjustment.lines.iter().map(shift).collect()
}

pub(crate) async fn record_in(
    tx: &mut Tx,
    store: &StoreId,
    adjustment: &Adjustment<'_>,
    shifts: &[Shift],
    write: &Write<'_>,
) -> Result<(), Error> {
    let mut batch = Batch::new(
        "INSERT INTO inventory_movement (store, kind, id, sku, location, quantity, reason, made_by, at)",
        9,
        "",
    );
    for shift in shifts {
        batch.push([
            store.as_str().into(),
            adjustment.kind.as_str().into(),
            adjustment.id.into(),
            shift.sku.as_str().into(),
            shift.location.as_str().into(),
            shift.on_hand.into(),
            adjustment.reason.into(),
            adjustment.by.into(),
            write.at.ms().into(),
        ]);
    }
    batch.run_in(tx).await?;
    Ok(())
}
