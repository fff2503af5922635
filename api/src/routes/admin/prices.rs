//! Prices.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use vitrine_access::Deed;
use vitrine_catalog::{Catalog, PricedVariant};
use vitrine_core::{Country, Sku, StoreId};
use vitrine_store::{Store, Stores, Write};

use crate::admin::{Asks, PriceAnswer, PricesAnswer, Stated, Work, checked_price, tagged};
use crate::auth::Pricer;
use crate::document::{IfMatch, Key, Refused, refuses};
use crate::extract::Body;
use crate::{Api, Code, Problem};

refuses! {
    /// What is not in the catalog.
    Looking: SkuUnknown, StoreUnknown;
    /// Where it is not sold.
    Pricing: NotFound, CountryUnknown;
    /// What keeps a price from being set.
    Setting: VersionOutdated;
}

/// What a variant costs everywhere.
#[utoipa::path(
    get, path = "/api/v1/admin/prices/{sku}", tag = "admin", operation_id = "read_prices",
    security(("token" = ["prices"])),
    params(("sku" = Sku, Path, description = "The SKU.")),
    responses(
        (status = 200, description = "Its prices.", body = PricesAnswer),
        Refused<(Pricer, Looking)>,
    )
)]
pub(super) async fn read_all(
    State(api): State<Api>,
    Pricer(by): Pricer,
    path: Result<Path<Sku>, PathRejection>,
) -> Result<Json<PricesAnswer>, Problem> {
    let Path(sku) = path.map_err(|_| Problem::new(Code::SkuUnknown))?;
    let (store, variant) = found(&api, &by.store, &sku).await?;
    Ok(Json(PricesAnswer::new(&store, sku, variant)?))
}

/// What a variant costs in a country.
#[utoipa::path(
    get, path = "/api/v1/admin/prices/{sku}/{country}", tag = "admin", operation_id = "read_price",
    security(("token" = ["prices"])),
    params(
        ("sku" = Sku, Path, description = "The SKU."),
        ("country" = Country, Path, description = "The country."),
    ),
    responses(
        (status = 200, description = "The price.", body = PriceAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`.")
        )),
        Refused<(Pricer, Looking, Pricing)>,
    )
)]
pub(super) async fn read(
    State(api): State<Api>,
    Pricer(by): Pricer,
    path: Result<Path<(Sku, Country)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((sku, country)) = path?;
    let (store, variant) = found(&api, &by.store, &sku).await?;
    let price = PriceAnswer::new(&store, &sku, country, variant.prices.get(&country))?;
    let price = price.ok_or_else(|| Problem::new(Code::CountryUnknown))?;
    Ok(tagged(price.version(), &price))
}

/// Sets what a variant costs in a country; pages follow by themselves.
#[utoipa::path(
    put, path = "/api/v1/admin/prices/{sku}/{country}", tag = "admin", operation_id = "set_price",
    security(("token" = ["prices"])),
    params(
        ("sku" = Sku, Path, description = "The SKU."),
        ("country" = Country, Path, description = "The country."),
        Key,
        IfMatch,
    ),
    request_body = Stated,
    responses(
        (status = 200, description = "The price.", body = PriceAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Pricer, Asks, Body<Stated>, Looking, Pricing, Setting)>,
    )
)]
pub(super) async fn set(
    State(api): State<Api>,
    Pricer(by): Pricer,
    path: Result<Path<(Sku, Country)>, PathRejection>,
    asks: Asks,
    Body(stated): Body<Stated>,
) -> Result<Response, Problem> {
    let Path((sku, country)) = path?;
    let set = async |work: &mut Work| set_in(work, &sku, country, &stated).await;
    Work::once(&api, by, asks, &stated, StatusCode::OK, set).await
}

async fn set_in(
    work: &mut Work,
    sku: &Sku,
    country: Country,
    stated: &Stated,
) -> Result<(Option<PriceAnswer>, Vec<Deed>), Problem> {
    let id = work.store();
    let variant = Catalog::lock_prices_in(&mut work.tx, &id, sku).await?.ok_or_else(|| unknown(sku))?;
    let store = Stores::load_in(&mut work.tx, &id).await?.ok_or_else(|| Problem::new(Code::StoreUnknown))?;
    let input = checked_price(&store, &variant, country, stated)?;
    let before = variant.prices.get(&country);
    work.holds_version(&PriceAnswer::version_of(before)?)?;
    let run = work.run(false);
    let changes = Catalog::set_price_in(&mut work.tx, &id, &run, sku, country, &input).await?;
    let write = Write::at(work.now).traced(Some(&work.traceparent));
    Stores::bump_in(&mut work.tx, &id, &changes, &write).await?;
    let (was, is) = (serde_json::to_value(before)?, serde_json::to_value(&input)?);
    let deed = (before != Some(&input)).then(|| Deed::new("price_set", format!("{sku}/{country}"), was, is));
    let answer = PriceAnswer::new(&store, sku, country, Some(&input))?;
    Ok((answer, deed.into_iter().collect()))
}

async fn found(api: &Api, id: &StoreId, sku: &Sku) -> Result<(Store, PricedVariant), Problem> {
    let store = Stores::load(&api.doors.db, id).await?.ok_or_else(|| Problem::new(Code::StoreUnknown))?;
    let variant = Catalog::prices(&api.doors.db, id, sku).await?.ok_or_else(|| unknown(sku))?;
    Ok((store, variant))
}

fn unknown(sku: &Sku) -> Problem {
    Problem::new(Code::SkuUnknown).detail(format!("no product has {sku}"))
}
