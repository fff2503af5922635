//! Goods of orders: sent, come back, or declared to come back.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, Tx, sql};

use crate::{Error, Order, OrderId, OrderState, Orders, Units, Write, events, repo};

/// Longest name, carrier, tracking number, reason or id, characters.
const TEXT_CHARS: usize = 200;

/// Goods that leave.
#[derive(Clone, Copy, Debug)]
pub struct NewShipment<'a> {
    /// Names it in its order; the same again changes nothing.
    pub id: &'a str,
    /// Who brings it.
    pub carrier: &'a str,
    /// The carrier's number for it; empty without one.
    pub tracking: &'a str,
    /// Units of lines; all that is left where none is named.
    pub units: &'a Units,
}

/// Goods that left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Shipment {
    /// Names it in its order.
    pub id: String,
    /// Who brings it.
    pub carrier: String,
    /// The carrier's number for it; empty without one.
    pub tracking: String,
    /// Units of lines.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub units: Units,
    /// When.
    pub at: Timestamp,
}

/// Goods that come back.
#[derive(Clone, Copy, Debug)]
pub struct NewReturn<'a> {
    /// Names it in its order; the same again changes nothing.
    pub id: &'a str,
    /// Units of lines.
    pub units: &'a Units,
    /// Why.
    pub reason: &'a str,
}

/// Goods that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = NotedReturn)]
pub struct Return {
    /// Names it in its order.
    pub id: String,
    /// Units of lines.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub units: Units,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A consumer's withdrawal from the contract, as the function for it on the site sends it (directive 2011/83/EU,
/// article 11a, in force since 19 June 2026): name, contract, and where the confirmation of receipt goes.
#[derive(Clone, Copy, Debug)]
pub struct NewWithdrawal<'a> {
    /// Names it in its order; the same again changes nothing.
    pub id: &'a str,
    /// Who withdraws.
    pub name: &'a str,
    /// Where the receipt goes.
    pub email: &'a str,
    /// Units of lines; from the whole contract where none is named.
    pub units: &'a Units,
}

/// A withdrawal that was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ReceivedWithdrawal)]
pub struct Withdrawal {
    /// Names it in its order.
    pub id: String,
    /// Who withdrew.
    pub name: String,
    /// Where the receipt goes.
    pub email: String,
    /// Units of lines.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub units: Units,
    /// When it was received.
    pub received_at: Timestamp,
}

/// All that happened to the goods of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Goods {
    /// What left.
    pub shipments: Vec<Shipment>,
    /// What came back.
    pub returns: Vec<Return>,
    /// What was declared to come back.
    pub withdrawals: Vec<Withdrawal>,
}

impl Goods {
    fn sent(&self) -> Units {
        sum(self.shipments.iter().map(|one| &one.units))
    }

    fn returned(&self) -> Units {
        sum(self.returns.iter().map(|one| &one.units))
    }
}

pub(crate) fn sum<'a>(all: impl Iterator<Item = &'a Units>) -> Units {
    let mut sums = Units::new();
    for (line, units) in all.flatten() {
        *sums.entry(line.clone()).or_default() += units;
    }
    sums
}

/// What is left of units after others were taken; lines of which nothing is left are not in it.
pub(crate) fn less(all: &Units, taken: &Units) -> Units {
    let left = all.iter().map(|(line, units)| {
        (line.clone(), units.saturating_sub(taken.get(line).copied().unwrap_or_default()))
    });
    left.filter(|(_, units)| *units > 0).collect()
}

/// The wanted units, all that are left where none is named.
pub(crate) fn wanted(named: &Units, left: &Units, what: &'static str) -> Result<Units, Error> {
    let units: Units = match named.is_empty() {
        true => left.clone(),
        false => named
            .iter()
            .filter(|(_, units)| **units > 0)
            .map(|(line, units)| (line.clone(), *units))
            .collect(),
    };
    for (line, wanted) in &units {
        let left = left.get(line).copied().unwrap_or_default();
        if *wanted > left {
            return Err(Error::Units { line: line.clone(), what, wanted: *wanted, left });
        }
    }
    if units.is_empty() { Err(Error::Nothing { what }) } else { Ok(units) }
}

impl Orders {
    /// Notes that goods left; answers the shipment, and whether it is new.
    ///
    /// # Errors
    /// [`Error::NotNow`] unless the order is placed, [`Error::Units`] if a line has fewer left, [`Error::Reused`],
    /// [`Error::Text`], [`Error::NoOrder`], or the database fails.
    pub async fn ship_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        new: &NewShipment<'_>,
        write: &Write<'_>,
    ) -> Result<(Shipment, bool), Error> {
        check_text("id", new.id)?;
        check_text("carrier", new.carrier)?;
        if !new.tracking.is_empty() {
            check_text("tracking", new.tracking)?;
        }
        let (order, goods) = locked_in(tx, store, id).await?;
        if let Some(known) = goods.shipments.iter().find(|known| known.id == new.id) {
            let same = (known.carrier.as_str(), known.tracking.as_str()) == (new.carrier, new.tracking);
            return match same && (new.units.is_empty() || known.units == *new.units) {
                true => Ok((known.clone(), false)),
                false => Err(Error::Reused { what: "shipment", id: new.id.to_owned() }),
            };
        }
        if !matches!(order.state, OrderState::Placed | OrderState::PartlyShipped) {
            return Err(Error::NotNow { id: id.clone(), found: order.state, what: "sent" });
        }
        let left = less(&order.contents.units(), &goods.sent());
        let units = wanted(new.units, &left, "sent")?;
        let (carrier, tracking) = (new.carrier.to_owned(), new.tracking.to_owned());
        let shipment = Shipment { id: new.id.to_owned(), carrier, tracking, units, at: write.at };
        sqlx::query(
            "INSERT INTO order_shipment (store, order_id, id, carrier, tracking, lines, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(store.as_str())
        .bind(id.as_str())
        .bind(new.id)
        .bind(new.carrier)
        .bind(new.tracking)
        .bind(serde_json::to_string(&shipment.units)?)
        .bind(write.at.ms())
        .execute(&mut **tx)
        .await?;
        let to = match less(&left, &shipment.units).is_empty() {
            true => OrderState::Shipped,
            false => OrderState::PartlyShipped,
        };
        let detail = format!("{} {}", new.carrier, new.tracking);
        Self::move_in(tx, store, id, to, ("shipped", Some(new.id)), detail.trim(), write).await?;
        Ok((shipment, true))
    }

    /// Notes that goods came back; answers the return, and whether it is new.
    ///
    /// # Errors
    /// [`Error::NotNow`] unless something was sent, [`Error::Units`] if fewer of a line were sent, [`Error::Reused`],
    /// [`Error::Text`], [`Error::NoOrder`], or the database fails.
    pub async fn return_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        new: &NewReturn<'_>,
        write: &Write<'_>,
    ) -> Result<(Return, bool), Error> {
        check_text("id", new.id)?;
        check_text("reason", new.reason)?;
        let (order, goods) = locked_in(tx, store, id).await?;
        if let Some(known) = goods.returns.iter().find(|known| known.id == new.id) {
            return match new.units.is_empty() || known.units == *new.units {
                true => Ok((known.clone(), false)),
                false => Err(Error::Reused { what: "return", id: new.id.to_owned() }),
            };
        }
        if !matches!(order.state, OrderState::Shipped | OrderState::PartlyShipped) {
            return Err(Error::NotNow { id: id.clone(), found: order.state, what: "returned" });
        }
        let left = less(&goods.sent(), &goods.returned());
        let units = wanted(new.units, &left, "returned")?;
        let came = Return { id: new.id.to_owned(), units, reason: new.reason.to_owned(), at: write.at };
        sqlx::query(
            "INSERT INTO order_return (store, order_id, id, lines, reason, at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(store.as_str())
        .bind(id.as_str())
        .bind(new.id)
        .bind(serde_json::to_string(&came.units)?)
        .bind(new.reason)
        .bind(write.at.ms())
        .execute(&mut **tx)
        .await?;
        let everything = less(&less(&order.contents.units(), &goods.returned()), &came.units).is_empty();
        if everything {
            let what = ("returned", Some(new.id));
            Self::move_in(tx, store, id, OrderState::Returned, what, new.reason, write).await?;
        } else {
            let order = repo::touch_in(tx, store, id, write).await?;
            repo::note_in(tx, store, order.point(), "returned", new.reason, write).await?;
            events::tell_in(tx, store, &order, "returned", Some(new.id), write).await?;
        }
        Ok((came, true))
    }

    /// Receives a withdrawal; answers it, and whether it is new. It moves neither goods nor money: people do.
    ///
    /// # Errors
    /// [`Error::NotNow`] if the order was never placed or is cancelled, [`Error::Units`], [`Error::Text`],
    /// [`Error::NoOrder`], or the database fails.
    pub async fn withdraw_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        new: &NewWithdrawal<'_>,
        write: &Write<'_>,
    ) -> Result<(Withdrawal, bool), Error> {
        for (field, text) in [("id", new.id), ("name", new.name), ("email", new.email)] {
            check_text(field, text)?;
        }
        let (order, goods) = locked_in(tx, store, id).await?;
        if let Some(known) = goods.withdrawals.iter().find(|known| known.id == new.id) {
            return Ok((known.clone(), false));
        }
        if !order.state.stands() {
            return Err(Error::NotNow { id: id.clone(), found: order.state, what: "withdrawn from" });
        }
        let units = wanted(new.units, &order.contents.units(), "withdrawn from")?;
        let (name, email) = (new.name.to_owned(), new.email.to_owned());
        let withdrawal = Withdrawal { id: new.id.to_owned(), name, email, units, received_at: write.at };
        sqlx::query(
            "INSERT INTO order_withdrawal (store, order_id, id, name, email, lines, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(store.as_str())
        .bind(id.as_str())
        .bind(new.id)
        .bind(new.name)
        .bind(new.email)
        .bind(serde_json::to_string(&withdrawal.units)?)
        .bind(write.at.ms())
        .execute(&mut **tx)
        .await?;
        let order = repo::touch_in(tx, store, id, write).await?;
        repo::note_in(tx, store, order.point(), "withdrawn", "", write).await?;
        events::tell_in(tx, store, &order, "withdrawn", Some(new.id), write).await?;
        Ok((withdrawal, true))
    }

    /// All that happened to the goods of an order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn goods(db: &Db, store: &StoreId, id: &OrderId) -> Result<Goods, Error> {
        Self::goods_in(&mut *db.reader().acquire().await?, store, id).await
    }

    /// The same within a caller's transaction or connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn goods_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        id: &OrderId,
    ) -> Result<Goods, Error> {
        goods(connection, store, id).await
    }
}

/// An order, locked until the transaction ends, with its goods.
async fn locked_in(tx: &mut Tx, store: &StoreId, id: &OrderId) -> Result<(Order, Goods), Error> {
    let order = repo::lock_in(tx, store, id).await?;
    let goods = goods(tx, store, id).await?;
    Ok((order, goods))
}

async fn goods(connection: &mut AnyConnection, store: &StoreId, id: &OrderId) -> Result<Goods, Error> {
    let mut rows = BTreeMap::new();
    for (table, time) in
        [("order_shipment", "at"), ("order_return", "at"), ("order_withdrawal", "received_at")]
    {
        let query = sql(format!("SELECT * FROM {table} WHERE store = $1 AND order_id = $2 ORDER BY {time}"));
        let query = query.bind(store.as_str().to_owned()).bind(id.to_string());
        rows.insert(table, query.fetch_all(&mut *connection).await?);
    }
    let of = |table: &str| rows.get(table).map(Vec::as_slice).unwrap_or_default();
    Ok(Goods {
        shipments: of("order_shipment").iter().map(shipment).collect::<Result<_, Error>>()?,
        returns: of("order_return").iter().map(came_back).collect::<Result<_, Error>>()?,
        withdrawals: of("order_withdrawal").iter().map(withdrawal).collect::<Result<_, Error>>()?,
    })
}

pub(crate) fn units_of(row: &AnyRow) -> Result<Units, Error> {
    let text: String = row.try_get("lines")?;
    Ok(serde_json::from_str(&text)?)
}

fn shipment(row: &AnyRow) -> Result<Shipment, Error> {
    Ok(Shipment {
        id: row.try_get("id")?,
        carrier: row.try_get("carrier")?,
        tracking: row.try_get("tracking")?,
        units: units_of(row)?,
        at: Timestamp::from_ms(row.try_get("at")?),
    })
}

fn came_back(row: &AnyRow) -> Result<Return, Error> {
    Ok(Return {
        id: row.try_get("id")?,
        units: units_of(row)?,
        reason: row.try_get("reason")?,
        at: Timestamp::from_ms(row.try_get("at")?),
    })
}

fn withdrawal(row: &AnyRow) -> Result<Withdrawal, Error> {
    Ok(Withdrawal {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        units: units_of(row)?,
        received_at: Timestamp::from_ms(row.try_get("received_at")?),
    })
}

fn check_text(field: &'static str, text: &str) -> Result<(), Error> {
    let chars = text.chars().count();
    match (1..=TEXT_CHARS).contains(&chars) && !text.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::Text { field, most: TEXT_CHARS }),
    }
}
