//! What those who run the shop are refused, and how they are told.

use std::sync::Mutex;

use reqwest::Method;
use serde_json::json;

use super::office::{each, eur};
use crate::shopping::visitor::with_json;
use crate::world::answer;

/// Codes that only those who run the shop meet.
pub(crate) async fn of_admins() -> Vec<String> {
    let met = Mutex::new(Vec::new());
    each(async |office| {
        let number = office.order(1, "card", "a").await;
        let path = format!("/orders/{number}");
        let body = json!({ "amount": eur(1_000_000), "reason": "r" });
        let codes = [
            office.get("/stock/NOPE").await.code(),
            office.get("/promotions/nope").await.code(),
            office.get("/coupons/NOPE").await.code(),
            office.post(&format!("{path}/refunds"), "k", &body).await.code(),
            office.post(&format!("{path}/payment"), "k", &json!({ "amount": eur(1) })).await.code(),
            office.put_if("/stock/PILLOW/berlin", "0", &json!({ "backorder": 0, "low_at": 0 })).await.code(),
        ];
        met.lock().unwrap().extend(codes);
    })
    .await;
    met.into_inner().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_done_twice_needs_a_key() {
    each(async |office| {
        let number = office.order(1, "card", "a").await;
        for (path, body) in [
            ("/stock/adjustments".to_owned(), json!({ "kind": "count", "reason": "r", "lines": [] })),
            (format!("/orders/{number}/shipments"), json!({ "carrier": "DHL" })),
            (format!("/orders/{number}/refunds"), json!({ "amount": eur(1), "reason": "r" })),
            (format!("/orders/{number}/returns"), json!({ "reason": "r" })),
        ] {
            let keyless = answer(with_json(office.request(Method::POST, &path), &body)).await;
            assert_eq!((keyless.status, keyless.code().as_str()), (400, "idempotency_key_missing"), "{path}");
        }
    })
    .await;
}
