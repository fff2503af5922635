//! Stock, as those who count it see it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use vitrine_access::Deed;
use vitrine_catalog::Catalog;
use vitrine_core::Sku;
use vitrine_inventory::{
    Adjustment, AdjustmentKind, AdjustmentLine, Inventory, Level, Location, LocationId, Movement, Stock,
    StockQuery, StockRule, StockState, Write,
};

use super::query::Asked;
use super::work::{Work, outdated};
use crate::{Code, Problem};

/// A change of what is on hand.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdjustment {
    kind: AdjustmentKind,
    /// Why, in words.
    reason: String,
    lines: Vec<NewLine>,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAdjustmentLine)]
struct NewLine {
    sku: Sku,
    location: LocationId,
    quantity: i64,
    /// The place's version that the client has seen; without, whatever it is.
    #[serde(default)]
    version: Option<i64>,
}

/// The rules of a place.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStockRule)]
pub(crate) struct NewRule {
    backorder: i64,
    low_at: i64,
}

/// A location's name and place in the order of drawing.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLocation {
    name: String,
    priority: i64,
}

/// Stock of a SKU at one location.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockPlace)]
pub(crate) struct PlaceAnswer {
    sku: Sku,
    location: LocationId,
    on_hand: i64,
    reserved: i64,
    free: i64,
    backorder: i64,
    low_at: i64,
    /// Whether it is at its threshold.
    low: bool,
    version: i64,
}

impl PlaceAnswer {
    /// What the page after it begins with.
    pub(crate) fn place(&self) -> String {
        format!("{}@{}", self.sku, self.location)
    }
}

impl From<Stock> for PlaceAnswer {
    fn from(stock: Stock) -> Self {
        Self {
            free: stock.free(),
            low: stock.is_low(),
            sku: stock.sku,
            location: stock.location,
            on_hand: stock.on_hand,
            reserved: stock.reserved,
            backorder: stock.backorder,
            low_at: stock.low_at,
            version: stock.version,
        }
    }
}

/// Places as an adjustment left them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdjustedPlaces)]
pub(crate) struct AdjustedAnswer {
    places: Vec<PlaceAnswer>,
}

/// A SKU at all locations, with what happened to it last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SkuStock)]
pub(crate) struct SkuAnswer {
    sku: Sku,
    state: StockState,
    /// Pieces that can be bought, those that come later included.
    left: i64,
    places: Vec<PlaceAnswer>,
    /// Changes of what is on hand, the latest first.
    movements: Vec<MovementAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockMovement)]
struct MovementAnswer {
    kind: String,
    location: LocationId,
    quantity: i64,
    reason: String,
    by: String,
    at: vitrine_core::Timestamp,
}

impl SkuAnswer {
    pub(crate) fn new(sku: Sku, level: Level, places: Vec<Stock>, movements: Vec<Movement>) -> Self {
        let movements =
            movements.into_iter().map(|Movement { kind, location, quantity, reason, by, at, .. }| {
                MovementAnswer { kind, location, quantity, reason, by, at }
            });
        Self {
            sku,
            state: level.state(),
            left: level.left(),
            places: places.into_iter().map(PlaceAnswer::from).collect(),
            movements: movements.collect(),
        }
    }
}

/// A place where stock is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockLocation)]
pub(crate) struct LocationAnswer {
    id: LocationId,
    name: String,
    priority: i64,
}

impl From<Location> for LocationAnswer {
    fn from(Location { id, name, priority }: Location) -> Self {
        Self { id, name, priority }
    }
}

/// Which places a query asks for.
///
/// # Errors
/// When it can't be read, or asks for something else.
pub(crate) fn stock_query(mut asked: Asked) -> Result<StockQuery, Problem> {
    let query = StockQuery {
        location: asked.take("location")?,
        low: asked.take("low")?.unwrap_or_default(),
        after: asked.take_as("after", place)?,
        limit: asked.limit()?,
    };
    asked.end()?;
    Ok(query)
}

fn place(text: &str) -> Result<(Sku, LocationId), String> {
    let (sku, location) = text.split_once('@').ok_or("must be as `next` says")?;
    let sku = sku.parse().map_err(|error: vitrine_core::SkuError| error.to_string())?;
    Ok((sku, location.parse().map_err(|error: vitrine_core::IdError| error.to_string())?))
}

/// Changes what is on hand; answers the places named, and what was done.
///
/// # Errors
/// When it can't be done, or a place is not what the client has seen.
pub(crate) async fn adjust_in(
    work: &mut Work,
    new: &NewAdjustment,
) -> Result<(AdjustedAnswer, Vec<Deed>), Problem> {
    let line = |line: &NewLine| AdjustmentLine {
        sku: line.sku.clone(),
        location: line.location.clone(),
        quantity: line.quantity,
    };
    let lines: Vec<AdjustmentLine> = new.lines.iter().map(line).collect();
    let (id, store, by) = (work.name(), work.store(), work.by.token.clone());
    let adjustment = Adjustment { id: &id, kind: new.kind, reason: &new.reason, by: &by, lines: &lines };
    let traceparent = work.traceparent.clone();
    let write = Write::at(work.now).traced(Some(&traceparent));
    let adjusted = Inventory::adjust_in(&mut work.tx, &store, &adjustment, &write).await;
    let adjusted = adjusted.map_err(|error| at_fault(error, &lines))?;
    if let Some(unknown) = unknown_in(work, &adjusted.before, lines.iter().map(|line| &line.sku)).await? {
        let number = lines.iter().position(|line| line.sku == unknown).unwrap_or_default();
        let problem = Problem::new(Code::FieldInvalid).field(format!("lines[{number}].sku"));
        return Err(problem.detail(format!("no product has {unknown}")));
    }
    let (mut places, mut deeds) = (Vec::new(), Vec::new());
    for (number, line) in new.lines.iter().enumerate() {
        let here = |row: &&Stock| row.sku == line.sku && row.location == line.location;
        let (before, after) = (adjusted.before.iter().find(here), adjusted.stock.iter().find(here));
        let version = before.map_or(0, |row| row.version);
        // Who comes with the same key a day later has seen what was there before.
        if adjusted.first && line.version.is_some_and(|seen| seen != version) {
            return Err(outdated(&version.to_string()).field(format!("lines[{number}].version")));
        }
        let Some(after) = after else { continue };
        if adjusted.first {
            deeds.push(deed(
                "stock_adjusted",
                before,
                after,
                &json!({ "kind": new.kind, "reason": new.reason }),
            ));
        }
        places.push(after.clone().into());
    }
    Ok((AdjustedAnswer { places }, deeds))
}

/// Sets the rules of a place.
///
/// # Errors
/// When they are not possible, or the place is not what the client has seen.
pub(crate) async fn rule_in(
    work: &mut Work,
    (sku, location): (Sku, LocationId),
    new: &NewRule,
) -> Result<(PlaceAnswer, Vec<Deed>), Problem> {
    let (store, traceparent) = (work.store(), work.traceparent.clone());
    let rule = StockRule { sku, location, backorder: new.backorder, low_at: new.low_at };
    let write = Write::at(work.now).traced(Some(&traceparent));
    let set = Inventory::set_rules_in(&mut work.tx, &store, std::slice::from_ref(&rule), &write).await;
    let set = set.map_err(|error| match &error {
        vitrine_inventory::Error::Quantity { found, .. } => {
            let field = if *found == new.backorder { "backorder" } else { "low_at" };
            Problem::from(error).field(field)
        }
        _ => error.into(),
    })?;
    if let Some(unknown) = unknown_in(work, &set.before, std::iter::once(&rule.sku)).await? {
        return Err(Problem::new(Code::SkuUnknown).detail(format!("no product has {unknown}")));
    }
    let here = |row: &&Stock| row.sku == rule.sku && row.location == rule.location;
    let before = set.before.iter().find(here);
    work.holds_version(&before.map_or(0, |row| row.version).to_string())?;
    let after = set.stock.iter().find(here).ok_or_else(|| Problem::new(Code::Internal))?;
    Ok((after.clone().into(), vec![deed("stock_rule_set", before, after, &Value::Null)]))
}

/// Makes a location, or changes its name and place.
///
/// # Errors
/// When it can't be one.
pub(crate) async fn location_in(
    work: &mut Work,
    id: LocationId,
    new: &NewLocation,
) -> Result<(LocationAnswer, Vec<Deed>), Problem> {
    let location = Location { id, name: new.name.clone(), priority: new.priority };
    let store = work.store();
    let before = Inventory::put_location_in(&mut work.tx, &store, &location).await?;
    let before = before.map(|was| json!({ "name": was.name, "priority": was.priority })).unwrap_or_default();
    let after = json!({ "name": location.name, "priority": location.priority });
    let deed = Deed::new("location_put", location.id.as_str(), before, after);
    Ok((location.into(), vec![deed]))
}

/// The first SKU that no product has, and that had no stock before: mistyped, it would be stock of nothing. What left
/// the catalog can still be counted.
async fn unknown_in(
    work: &mut Work,
    before: &[Stock],
    skus: impl Iterator<Item = &Sku>,
) -> Result<Option<Sku>, Problem> {
    let new = skus.filter(|sku| before.iter().all(|row| row.sku != **sku));
    let new: Vec<Sku> = new.cloned().collect();
    let store = work.store();
    let there = Catalog::skus_there_in(&mut work.tx, &store, &new).await?;
    Ok(new.into_iter().find(|sku| !there.contains(sku)))
}

fn deed(action: &'static str, before: Option<&Stock>, after: &Stock, why: &Value) -> Deed {
    let numbers =
        |row: &Stock| json!({ "on_hand": row.on_hand, "backorder": row.backorder, "low_at": row.low_at });
    let mut now = numbers(after);
    if let (Some(now), Value::Object(why)) = (now.as_object_mut(), why) {
        now.extend(why.clone());
    }
    let entity = format!("{}@{}", after.sku, after.location);
    Deed::new(action, entity, before.map_or(Value::Null, numbers), now)
}

/// A problem that names the line.
fn at_fault(error: vitrine_inventory::Error, lines: &[AdjustmentLine]) -> Problem {
    use vitrine_inventory::Error;
    let line = |here: &dyn Fn(&AdjustmentLine) -> bool| lines.iter().position(here);
    let field = match &error {
        Error::Quantity { sku, found, .. } => line(&|line| line.sku == *sku && line.quantity == *found)
            .map(|at| format!("lines[{at}].quantity")),
        Error::Below { sku, location, .. } => line(&|line| line.sku == *sku && line.location == *location)
            .map(|at| format!("lines[{at}].quantity")),
        Error::UnknownLocation(location) => {
            line(&|line| line.location == *location).map(|at| format!("lines[{at}].location"))
        }
        // The second of the two is one too many.
        Error::Twice { sku, location } => lines
            .iter()
            .rposition(|line| line.sku == *sku && line.location == *location)
            .map(|at| format!("lines[{at}]")),
        _ => None,
    };
    let problem = Problem::from(error);
    match field {
        Some(field) => problem.field(field),
        None => problem,
    }
}
