//! Live prices and stock.

use axum::Json;
use axum::extract::RawQuery;

use crate::Problem;
use crate::shop::{Here, StockAnswer, asked, stock};

/// `GET /api/v1/{country}/stock?sku=A&sku=B`: what goods cost now, and whether they are there.
pub(super) async fn read(here: Here, RawQuery(query): RawQuery) -> Result<Json<Vec<StockAnswer>>, Problem> {
    let skus = asked(query.as_deref())?;
    let all = skus.iter().cloned().collect();
    let goods = here.front.checkout.carts().goods(here.at(), &all).await?;
    Ok(Json(stock(skus, &goods, &here.shop, here.country, here.front.clock.now())?))
}
