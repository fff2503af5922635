//! The document of the API, OpenAPI 3.1, made of what stands at the routes.
//!
//! A handler says with `#[utoipa::path]` where it is, what it takes and what it answers; the router is made of the same
//! ([`routes`](crate::routes)), so no route is without its part of the document. What holds for all operations is added
//! here: headers of every request and answer, and a schema for each problem code.

mod params;
mod problems;

use std::sync::LazyLock;

use axum::body::Bytes;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

pub(crate) use params::{CartName, IfMatch, Key, Language, Limit, NeededKey, OrderKey, Shop, Skus};
pub(crate) use problems::{Only, Refused, Refuses, refuses};

use crate::routes;

/// What stands at the head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vitrine",
        description = "What must be live in a shop of static pages: carts, orders, prices and stock for shoppers; \
            publishing, status and webhooks for those who run it. Whatever goes wrong is \
            `application/problem+json` (RFC 9457) with a `code` that never changes its meaning.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This service")),
    tags(
        (name = "carts", description = "What a shopper wants to buy, priced anew at each look."),
        (name = "checkout", description = "From a cart to an order, in two calls."),
        (name = "orders", description = "For whoever has an order's link."),
        (name = "stock", description = "Live prices and stock."),
        (name = "admin", description = "For people and programs who run the shop; each call needs a token."),
        (name = "hooks", description = "What others tell the shop: signed, and taken once."),
        (name = "service", description = "For those who look after the service."),
    ),
)]
pub(crate) struct Head;

/// The document as it is served.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document().to_string().into());

/// The document as it is served: JSON, always the same bytes.
pub(crate) fn text() -> Bytes {
    DOCUMENT.clone()
}

/// The OpenAPI document of all routes.
pub fn document() -> Value {
    let mut described = routes::described().into_openapi();
    let components = described.components.get_or_insert_default();
    components.schemas.extend(problems::schemas());
    // Whatever utoipa writes is JSON.
    let mut document = serde_json::to_value(described).unwrap_or_default();
    let shared = [
        ("parameters", shared_parameters()),
        ("headers", shared_headers()),
        ("securitySchemes", security_schemes()),
    ];
    for (kind, parts) in shared {
        document["components"][kind] = parts;
    }
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        complete(operation);
    }
    document
}

/// Adds what every operation has.
fn complete(operation: &mut Value) {
    let Some(members) = operation.as_object_mut() else { return };
    let parameters = members.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        let shared = ["RequestId", "Traceparent"];
        parameters.extend(shared.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })));
    }
    let responses = members.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut) {
        for (header, name) in [("X-Request-Id", "RequestId"), ("traceparent", "Traceparent")] {
            response["headers"][header] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
}

fn shared_parameters() -> Value {
    json!({
        "RequestId": {
            "name": "X-Request-Id", "in": "header", "required": false,
            "description": "Names the request in logs and answers; another is made where it is none of these.",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" },
        },
        "Traceparent": {
            "name": "traceparent", "in": "header", "required": false,
            "description": "W3C Trace Context: the trace that the request belongs to.",
            "schema": { "type": "string", "pattern": TRACEPARENT },
        },
    })
}

fn shared_headers() -> Value {
    json!({
        "RequestId": {
            "required": true,
            "description": "Names the request.",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" },
        },
        "Traceparent": {
            "required": true,
            "description": "W3C Trace Context: what the service did for the request.",
            "schema": { "type": "string", "pattern": TRACEPARENT },
        },
    })
}

const TRACEPARENT: &str = "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$";

fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http", "scheme": "bearer",
            "description": "A token of `vitrine token create`; operations name the scope it needs.",
        },
        "signature": {
            "type": "apiKey", "in": "header", "name": "Vitrine-Signature",
            "description": "`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` under the store's secret.",
        },
    })
}
