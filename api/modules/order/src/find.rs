//! Finding orders, for those who work on them.

use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, sql};

use crate::repo::{self, ORDER};
use crate::{Error, Order, OrderId, OrderNumber, OrderState, Orders};

/// Which orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderQuery {
    /// Only those that stand here.
    pub state: Option<OrderState>,
    /// Only those of a customer ([`customer_of`](crate::customer_of)).
    pub customer: Option<String>,
    /// Only those made before this one; of two made at the same moment the ids decide.
    pub before: Option<(Timestamp, OrderId)>,
    /// At most so many.
    pub limit: u32,
}

impl Orders {
    /// Orders, the latest first: a page.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(db: &Db, store: &StoreId, which: &OrderQuery) -> Result<Vec<Order>, Error> {
        let mut text = format!("SELECT {ORDER} FROM order_order WHERE store = $1");
        let mut words = Vec::new();
        if let Some(state) = which.state {
            words.push(("state", state.as_str().to_owned()));
        }
        if let Some(customer) = &which.customer {
            words.push(("customer", customer.clone()));
        }
        for (place, (column, _)) in (2..).zip(&words) {
            text.push_str(&format!(" AND {column} = ${place}"));
        }
        let next = words.len() + 2;
        if which.before.is_some() {
            let id = next + 1;
            text.push_str(&format!(" AND (created_at < ${next} OR (created_at = ${next} AND id < ${id}))"));
        }
        let limit = next + if which.before.is_some() { 2 } else { 0 };
        text.push_str(&format!(" ORDER BY created_at DESC, id DESC LIMIT ${limit}"));
        let mut query = sql(text).bind(store.as_str().to_owned());
        for (_, word) in words {
            query = query.bind(word);
        }
        if let Some((at, id)) = &which.before {
            query = query.bind(at.ms()).bind(id.to_string());
        }
        let rows = query.bind(i64::from(which.limit)).fetch_all(db.reader()).await?;
        rows.iter().map(repo::order).collect()
    }

    /// An order by what people call it, within a caller's transaction or connection.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn by_number_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        number: &OrderNumber,
    ) -> Result<Order, Error> {
        repo::find(connection, store, repo::Which::Number(number)).await
    }
}
