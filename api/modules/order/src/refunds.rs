//! Units of lines that money goes back for: of each unit once.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use vitrine_core::StoreId;
use vitrine_db::{AnyConnection, Tx};

use crate::goods::{less, sum, units_of, wanted};
use crate::{Error, OrderId, Orders, Units, Write, repo};

/// Units that money is to go back for.
#[derive(Clone, Copy, Debug)]
pub struct NewRefund<'a> {
    /// Names the refund.
    pub id: &'a str,
    /// Units of lines.
    pub units: &'a Units,
    /// Refunds that came to nothing: their units count no more.
    pub failed: &'a BTreeSet<String>,
}

impl Orders {
    /// Notes which units of an order money goes back for, and locks the order; how much that is, others say.
    ///
    /// # Errors
    /// [`Error::Units`] if money went back for more of a line's units than would be left, [`Error::Nothing`] if none are
    /// named, [`Error::NoOrder`], or the database fails.
    pub async fn refund_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        new: &NewRefund<'_>,
        write: &Write<'_>,
    ) -> Result<(), Error> {
        let what = "paid back";
        if new.units.values().all(|units| *units == 0) {
            return Err(Error::Nothing { what });
        }
        let order = repo::lock_in(tx, store, id).await?;
        let refunds = Self::refunds_in(tx, store, id).await?;
        let before = sum(refunds.iter().filter(|(id, _)| !new.failed.contains(*id)).map(|(_, units)| units));
        let units = wanted(new.units, &less(&order.contents.units(), &before), what)?;
        sqlx::query("INSERT INTO order_refund (store, order_id, id, lines, at) VALUES ($1, $2, $3, $4, $5)")
            .bind(store.as_str())
            .bind(id.as_str())
            .bind(new.id)
            .bind(serde_json::to_string(&units)?)
            .bind(write.at.ms())
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Units that money goes back for, by refund, those that came to nothing too; refunds of an amount are not in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refunds_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        id: &OrderId,
    ) -> Result<BTreeMap<String, Units>, Error> {
        let query = sqlx::query("SELECT id, lines FROM order_refund WHERE store = $1 AND order_id = $2");
        let rows = query.bind(store.as_str()).bind(id.as_str()).fetch_all(connection).await?;
        rows.iter().map(|row| Ok((row.try_get("id")?, units_of(row)?))).collect()
    }
}
