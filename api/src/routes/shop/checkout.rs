//! From a cart to an order, in two calls.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use vitrine_checkout::{Details, Placing};
use vitrine_core::Money;

use super::cart::Named;
use crate::document::{CartName, OrderKey, Refused, Shop, refuses};
use crate::extract::{Body, IdempotencyKey, Trace};
use crate::shop::{Here, PlacedAnswer, QuoteAnswer};
use crate::{Code, Problem};

/// As much as is known of who buys.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = QuoteRequest)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    details: Details,
}

/// An order to be placed.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OrderRequest)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    details: Details,
    /// The total that the shopper has seen and agreed to.
    expected: Money,
    /// What the payment provider gave the shopper's browser; empty for ways of paying without one.
    #[serde(default)]
    payment_token: String,
}

refuses! {
    /// What keeps a cart from being priced.
    Pricing: DestinationNotServed, FieldInvalid, CartFull;
    /// What keeps an order from being placed.
    Ordering: IdempotencyKeyMissing, IdempotencyKeyReused, CartEmpty, CartStopped, CartChanged, PriceChanged,
        TooFewLeft, PromotionExhausted, FieldsMissing, PaymentMethodNotOffered, DeliveryNotOffered;
}

/// What an order would be, and what is missing. Nothing is written.
#[utoipa::path(
    post, path = "/api/v1/{country}/checkout/quote", tag = "checkout", operation_id = "quote",
    params(Shop, CartName),
    request_body = Asked,
    responses(
        (status = 200, description = "What it would be.", body = QuoteAnswer),
        Refused<(Here, Named, Body<Asked>, Pricing)>,
    )
)]
pub(super) async fn quote(here: Here, Body(asked): Body<Asked>) -> Result<Json<QuoteAnswer>, Problem> {
    let quoted = here.front.checkout.quote(here.at(), here.cart()?, &asked.details).await?;
    Ok(Json(QuoteAnswer::of(quoted, here.country, &asked.details.locale)))
}

/// Places an order. The same key again answers with the same order.
///
/// Nothing is charged for any problem.
#[utoipa::path(
    post, path = "/api/v1/{country}/checkout/orders", tag = "checkout", operation_id = "place_order",
    params(Shop, CartName, OrderKey),
    request_body = Wish,
    responses(
        (status = 201, description = "The order.", body = PlacedAnswer),
        Refused<(Here, Named, Body<Wish>, IdempotencyKey, Pricing, Ordering)>,
    )
)]
pub(super) async fn place(
    here: Here,
    Trace(trace): Trace,
    IdempotencyKey(key): IdempotencyKey,
    Body(wish): Body<Wish>,
) -> Result<impl IntoResponse, Problem> {
    let key = key.ok_or_else(|| Problem::new(Code::IdempotencyKeyMissing))?;
    let trace = trace.traceparent();
    let placing = Placing {
        details: &wish.details,
        expected: wish.expected,
        payment_token: &wish.payment_token,
        key: &key,
        trace: Some(&trace),
    };
    let placed = here.front.checkout.place(here.at(), here.cart()?, &placing).await?;
    tracing::info!(store = %here.front.store, order = %placed.order.id, state = %placed.order.state, "order answered");
    Ok((StatusCode::CREATED, Json(PlacedAnswer::from(placed))))
}
