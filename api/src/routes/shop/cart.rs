//! Carts.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use vitrine_cart::{Change, Place, Priced};
use vitrine_core::Sku;
use vitrine_pricing::MethodId;

use crate::Problem;
use crate::document::{CartName, Language, Refused, Shop, refuses};
use crate::extract::Body;
use crate::shop::{CartAnswer, Here};

/// The storefront, and the line or code of a path.
type Parts = Result<Path<(String, String)>, PathRejection>;

/// Goods to be put in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLine {
    sku: Sku,
    /// Units.
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1)]
    quantity: u32,
}

fn one() -> u32 {
    1
}

/// Units that a line is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewQuantity)]
#[serde(deny_unknown_fields)]
pub(super) struct Units {
    /// 0 takes the line out.
    quantity: u32,
}

/// A code to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCode)]
#[serde(deny_unknown_fields)]
pub(super) struct Entered {
    code: String,
}

/// What is chosen; what is left out stays, `null` takes it back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Place>)]
    destination: Option<Option<Place>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<MethodId>)]
    delivery: Option<Option<MethodId>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    payment: Option<Option<String>>,
}

/// Tells `null` from a field that is not there.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

refuses! {
    /// Who names no cart, or one that is not theirs.
    pub(super) Named: CartUnknown;
    /// What keeps goods from being put in.
    PuttingIn: CartUnknown, NotSold, TooFewLeft, QuantityInvalid, CartFull, CartChanged, DestinationNotServed;
    /// What keeps a line from being changed.
    Setting: LineUnknown, NotFound, NotSold, TooFewLeft, QuantityInvalid, CartFull, CartChanged, DestinationNotServed;
    /// What keeps a code from being entered.
    Entering: CodeInvalid, CartFull, CartChanged, DestinationNotServed;
    /// What keeps something from being chosen.
    Choosing: FieldInvalid, CartChanged, CartFull, DestinationNotServed;
}

/// The cart as it is priced now.
#[utoipa::path(
    get, path = "/api/v1/{country}/cart", tag = "carts", operation_id = "read_cart",
    params(Shop, CartName, Language),
    responses((status = 200, description = "The cart.", body = CartAnswer), Refused<(Here, Named)>)
)]
pub(super) async fn read(here: Here) -> Result<Json<CartAnswer>, Problem> {
    let priced = here.read().await?;
    Ok(shown(&here, priced))
}

/// Puts goods in; without a cart into a new one.
///
/// The answer has the cart's token, for clients that keep no cookies.
#[utoipa::path(
    post, path = "/api/v1/{country}/cart/lines", tag = "carts", operation_id = "put_into_cart",
    params(Shop, CartName, Language),
    request_body = NewLine,
    responses(
        (status = 201, description = "The cart.", body = CartAnswer, headers(
            ("Set-Cookie" = String, description = "`vitrine_cart_<cc>`, for browsers.")
        )),
        Refused<(Here, Body<NewLine>, PuttingIn)>,
    )
)]
pub(super) async fn put_in(here: Here, Body(line): Body<NewLine>) -> Result<impl IntoResponse, Problem> {
    let change = Change::Add { sku: line.sku, quantity: line.quantity };
    let (token, priced) = here.change_or_begin(&[change]).await?;
    let answer = CartAnswer::of(priced, here.country, &here.locale).named(&token);
    Ok((StatusCode::CREATED, [(SET_COOKIE, here.cookie(&token))], Json(answer)))
}

/// Sets a line's units; 0 takes it out.
#[utoipa::path(
    patch, path = "/api/v1/{country}/cart/lines/{line}", tag = "carts", operation_id = "set_line",
    params(Shop, ("line" = String, Path, description = "The line's `id`."), CartName, Language),
    request_body = Units,
    responses(
        (status = 200, description = "The cart.", body = CartAnswer),
        Refused<(Here, Named, Body<Units>, Setting)>,
    )
)]
pub(super) async fn set(
    here: Here,
    parts: Parts,
    Body(units): Body<Units>,
) -> Result<Json<CartAnswer>, Problem> {
    let Path((_, line)) = parts?;
    changed(&here, Change::Set { line, quantity: units.quantity }).await
}

/// Takes a line out.
#[utoipa::path(
    delete, path = "/api/v1/{country}/cart/lines/{line}", tag = "carts", operation_id = "take_out_line",
    params(Shop, ("line" = String, Path, description = "The line's `id`."), CartName, Language),
    responses((status = 200, description = "The cart.", body = CartAnswer), Refused<(Here, Named, Setting)>)
)]
pub(super) async fn take_out(here: Here, parts: Parts) -> Result<Json<CartAnswer>, Problem> {
    let Path((_, line)) = parts?;
    changed(&here, Change::Set { line, quantity: 0 }).await
}

/// Enters a code; one that does not apply is in the answer with the reason.
#[utoipa::path(
    post, path = "/api/v1/{country}/cart/codes", tag = "carts", operation_id = "enter_code",
    params(Shop, CartName, Language),
    request_body = Entered,
    responses(
        (status = 200, description = "The cart.", body = CartAnswer),
        Refused<(Here, Named, Body<Entered>, Entering)>,
    )
)]
pub(super) async fn enter(here: Here, Body(entered): Body<Entered>) -> Result<Json<CartAnswer>, Problem> {
    changed(&here, Change::Enter(entered.code)).await
}

/// Takes a code out.
#[utoipa::path(
    delete, path = "/api/v1/{country}/cart/codes/{code}", tag = "carts", operation_id = "withdraw_code",
    params(Shop, ("code" = String, Path, description = "The code, as it was entered."), CartName, Language),
    responses((status = 200, description = "The cart.", body = CartAnswer), Refused<(Here, Named, Entering)>)
)]
pub(super) async fn withdraw(here: Here, parts: Parts) -> Result<Json<CartAnswer>, Problem> {
    let Path((_, code)) = parts?;
    changed(&here, Change::Withdraw(code)).await
}

/// Chooses destination, delivery and way of paying.
#[utoipa::path(
    patch, path = "/api/v1/{country}/cart", tag = "carts", operation_id = "choose",
    params(Shop, CartName, Language),
    request_body = Choice,
    responses(
        (status = 200, description = "The cart.", body = CartAnswer),
        Refused<(Here, Named, Body<Choice>, Choosing)>,
    )
)]
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
