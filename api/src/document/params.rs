//! What several operations take beside their bodies.

use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Required, Schema};

/// Defines a named parameter, or several that come together.
macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident = $place:ident $key:literal $required:ident: $what:expr, $schema:expr;)+) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl IntoParams for $name {
                fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                    let parameter = ParameterBuilder::new()
                        .name($key)
                        .parameter_in(ParameterIn::$place)
                        .required(Required::$required)
                        .description(Some($what))
                        .schema(Some::<RefOr<Schema>>($schema.into()));
                    vec![parameter.build()]
                }
            }
        )+
    };
}

parameters! {
    /// The storefront of a path.
    Shop = Path "country" True:
        "The storefront: a country that the store sells in, `de`.",
        text("^[A-Za-z]{2}$");
    /// The language of names.
    Language = Header "Accept-Language" False:
        "The language of names; the country's default where it sells in none of them.",
        text("^[ -~]*$");
    /// A cart's secret name.
    CartName = Header "Vitrine-Cart" False:
        "The cart's token, for clients that keep no cookies; it counts before the cookie `vitrine_cart_<cc>`.",
        text("^[0-9a-f]{32}$");
    /// Names what is done once.
    Key = Header "Idempotency-Key" False:
        "Names what is to be done once: the same again is answered as before.",
        text("^[!-~]{1,255}$");
    /// Names what would be done twice.
    NeededKey = Header "Idempotency-Key" True:
        "Names what is to be done once: the same again is answered as before.",
        text("^[!-~]{1,255}$");
    /// The version that the client has seen.
    IfMatch = Header "If-Match" False:
        "Versions in quotes, as `ETag` has them: it is done only if one of them is the present one.",
        text("^[ -~]*$");
    /// Things of a page.
    Limit = Query "limit" False:
        "Most things of the page; 50 without.",
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(200));
    /// Names an order.
    OrderKey = Header "Idempotency-Key" True:
        "Names the order: the same again answers with the same order. Known for 30 days.",
        text("^[!-~]{1,128}$");
    /// Goods of a query.
    Skus = Query "sku" True:
        "Goods: `sku=A&sku=B`, at most 100.",
        many(text("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"));
}

fn text(pattern: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into()
}

fn many(item: RefOr<Schema>) -> RefOr<Schema> {
    ArrayBuilder::new().items(item).min_items(Some(1)).max_items(Some(100)).into()
}
