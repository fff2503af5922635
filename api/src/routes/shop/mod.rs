//! For shoppers: what a shop's static pages can't know.

mod cart;
mod checkout;
mod orders;
mod payments;
mod stock;
mod test_payment;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::Api;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/api/v1/{country}/cart", get(cart::read).patch(cart::choose))
        .route("/api/v1/{country}/cart/lines", post(cart::put_in))
        .route("/api/v1/{country}/cart/lines/{line}", patch(cart::set).delete(cart::take_out))
        .route("/api/v1/{country}/cart/codes", post(cart::enter))
        .route("/api/v1/{country}/cart/codes/{code}", delete(cart::withdraw))
        .route("/api/v1/{country}/checkout/quote", post(checkout::quote))
        .route("/api/v1/{country}/checkout/orders", post(checkout::place))
        .route("/api/v1/{country}/orders/{access}", get(orders::read))
        .route("/api/v1/{country}/orders/{access}/withdrawals", post(orders::withdraw))
        .route("/api/v1/{country}/stock", get(stock::read))
        .route("/api/v1/hooks/payments/{provider}", post(payments::receive))
        .route("/test-payment/{attempt}", get(test_payment::ask).post(test_payment::answer))
}
