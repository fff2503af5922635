//! Live prices and stock.

use axum::Json;
use axum::extract::RawQuery;

use crate::Problem;
use crate::document::{Refused, Shop, Skus, refuses};
use crate::shop::{Here, StockAnswer, asked, stock};

refuses! {
    /// What can't be asked for.
    Asking: QueryInvalid;
}

/// What goods cost now, and whether they are there.
#[utoipa::path(
    get, path = "/api/v1/{country}/stock", tag = "stock", operation_id = "read_stock",
    params(Shop, Skus),
    responses(
        (status = 200, description = "Each SKU once, in the order asked for.", body = Vec<StockAnswer>),
        Refused<(Here, Asking)>,
    )
)]
pub(super) async fn read(here: Here, RawQuery(query): RawQuery) -> Result<Json<Vec<StockAnswer>>, Problem> {
    let skus = asked(query.as_deref())?;
    let all = skus.iter().cloned().collect();
    let goods = here.front.checkout.carts().goods(here.at(), &all).await?;
    Ok(Json(stock(skus, &goods, &here.shop, here.country, here.front.clock.now())?))
}
