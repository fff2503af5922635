//! Carts.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use serde::{Deserialize, Deserializer};
use vitrine_cart::{Change, Place, Priced};
use vitrine_core::Sku;
use vitrine_pricing::MethodId;

use crate::Problem;
use crate::extract::Body;
use crate::shop::{CartAnswer, Here};

/// The storefront, and the line or code of a path.
type Named = Result<Path<(String, String)>, PathRejection>;

/// Goods to be put in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLine {
    sku: Sku,
    #[serde(default = "one")]
    quantity: u32,
}

fn one() -> u32 {
    1
}

/// Units that a line is to have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Units {
    quantity: u32,
}

/// A code to be entered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entered {
    code: String,
}

/// What is chosen; what is left out stays, `null` takes it back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "said")]
    destination: Option<Option<Place>>,
    #[serde(default, deserialize_with = "said")]
    delivery: Option<Option<MethodId>>,
    #[serde(default, deserialize_with = "said")]
    payment: Option<Option<String>>,
}

/// Tells `null` from a field that is not there.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// `GET /api/v1/{country}/cart`: the cart as it is priced now.
pub(super) async fn read(here: Here) -> Result<Json<CartAnswer>, Problem> {
    let priced = here.read().await?;
    Ok(shown(&here, priced))
}

/// `POST /api/v1/{country}/cart/lines`: puts goods in; without a cart into a new one.
pub(super) async fn put_in(here: Here, Body(line): Body<NewLine>) -> Result<impl IntoResponse, Problem> {
    let change = Change::Add { sku: line.sku, quantity: line.quantity };
    let (token, priced) = here.change_or_begin(&[change]).await?;
    let answer = CartAnswer::of(priced, here.country, &here.locale).named(&token);
    Ok((StatusCode::CREATED, [(SET_COOKIE, here.cookie(&token))], Json(answer)))
}

/// `PATCH /api/v1/{country}/cart/lines/{line}`: sets a line's units; 0 takes it out.
pub(super) async fn set(
    here: Here,
    named: Named,
    Body(units): Body<Units>,
) -> Result<Json<CartAnswer>, Problem> {
    let Path((_, line)) = named?;
    changed(&here, Change::Set { line, quantity: units.quantity }).await
}

/// `DELETE /api/v1/{country}/cart/lines/{line}`: takes a line out.
pub(super) async fn take_out(here: Here, named: Named) -> Result<Json<CartAnswer>, Problem> {
    let Path((_, line)) = named?;
    changed(&here, Change::Set { line, quantity: 0 }).await
}

/// `POST /api/v1/{country}/cart/codes`: enters a code; one that does not apply is in the answer with the reason.
pub(super) async fn enter(here: Here, Body(entered): Body<Entered>) -> Result<Json<CartAnswer>, Problem> {
    changed(&here, Change::Enter(entered.code)).await
}

/// `DELETE /api/v1/{country}/cart/codes/{code}`: takes a code out.
pub(super) async fn withdraw(here: Here, named: Named) -> Result<Json<CartAnswer>, Problem> {
    let Path((_, code)) = named?;
    changed(&here, Change::Withdraw(code)).await
}

/// `PATCH /api/v1/{country}/cart`: chooses destination, delivery and way of paying.
pub(super) async fn choose(here: Here, Body(choice): Body<Choice>) -> Result<Json<CartAnswer>, Problem> {
    let destination = choice.destination.map(Change::GoTo);
    let delivery = choice.delivery.map(Change::DeliverBy);
    let payment = choice.payment.map(Change::PayBy);
    let changes: Vec<Change> = [destination, delivery, payment].into_iter().flatten().collect();
    let priced = here.change(&changes).await?;
    Ok(shown(&here, priced))
}

async fn changed(here: &Here, change: Change) -> Result<Json<CartAnswer>, Problem> {
    let priced = here.change(&[change]).await?;
    Ok(shown(here, priced))
}

fn shown(here: &Here, priced: Priced) -> Json<CartAnswer> {
    Json(CartAnswer::of(priced, here.country, &here.locale))
}
