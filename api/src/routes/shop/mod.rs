//! For shoppers: what a shop's static pages can't know.

mod cart;
mod checkout;
mod orders;
mod payments;
mod stock;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(cart::read, cart::choose))
        .routes(routes!(cart::put_in))
        .routes(routes!(cart::set, cart::take_out))
        .routes(routes!(cart::enter))
        .routes(routes!(cart::withdraw))
        .routes(routes!(checkout::quote))
        .routes(routes!(checkout::place))
        .routes(routes!(orders::read))
        .routes(routes!(orders::withdraw))
        .routes(routes!(stock::read))
}

/// What payment providers send: no browser does.
pub(super) fn hooks() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(payments::receive))
}
