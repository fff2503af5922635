//! One trace of an order, from the gateway through all that takes part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::shopping::{details, each, with_json};
use crate::world::answer;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Notes the names of spans by the trace that they are in.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<String, BTreeSet<&'static str>>>>);

/// The trace that a span was opened with, kept with the span.
struct TraceOf(String);

#[derive(Default)]
struct FindTrace(Option<String>);

impl Visit for FindTrace {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "trace_id" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut found = FindTrace::default();
        attributes.record(&mut found);
        if let Some(trace) = found.0 {
            span.extensions_mut().insert(TraceOf(trace));
        }
        let trace = span.scope().find_map(|span| span.extensions().get::<TraceOf>().map(|of| of.0.clone()));
        if let Some(trace) = trace {
            self.0.lock().unwrap().entry(trace).or_default().insert(span.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_shows_an_order_from_the_gateway_to_the_stock() {
    let spans = Spans::default();
    let noted = spans.clone();
    // Handlers run on other threads, so the whole process is listened to; other traces are told apart.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(spans)).unwrap();
    each(async |street| {
        noted.0.lock().unwrap().clear();
        let visitor = street.with_cart("PILLOW", 1).await;
        visitor.post("/cart/codes", &json!({ "code": "FIRST" })).await;
        let quoted = visitor.post("/checkout/quote", &json!({ "details": details() })).await.json();
        let total = quoted["cart"]["totals"]["total"].clone();
        let body = json!({ "details": details(), "expected": total, "payment_token": "approve" });
        let request =
            visitor.request(reqwest::Method::POST, "/checkout/orders").header("idempotency-key", "k");
        let request = request.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
        let placed = answer(with_json(request.header("x-request-id", "order-1"), &body)).await;
        assert_eq!((placed.status, &placed.json()["state"]), (201, &json!("placed")), "{placed:?}");
        assert_eq!(placed.header("x-request-id"), "order-1");
        assert_eq!(placed.header("traceparent").split('-').nth(1), Some(TRACE));

        let noted = noted.0.lock().unwrap();
        let seen = &noted[TRACE];
        for span in [
            "request",
            "checkout.place",
            "cart.price",
            "order.create",
            "promotion.hold",
            "payment.begin",
            "inventory.reserve",
            "payment.send",
            "checkout.complete",
            "payment.apply",
            "promotion.commit",
            "inventory.commit",
            "order.place",
        ] {
            assert!(seen.contains(span), "{span} is not in the trace: {seen:?}");
        }
        assert!(!seen.contains("checkout.quote"), "another request has another trace");
    })
    .await;
}
