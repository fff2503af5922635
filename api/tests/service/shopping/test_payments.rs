//! The page of the test provider: approved or declined, and back to the shop.

use reqwest::Method;
use serde_json::json;

use super::visitor::{Street, Visitor, each};
use crate::world::{Answer, answer};

const FORM: &str = "application/x-www-form-urlencoded";

/// An order that waits for its shopper to be recognised: its link and the page.
async fn waiting(visitor: &Visitor<'_>) -> (String, String) {
    let placed = visitor.order(&visitor.total().await, "three_d_secure", "key").await.json();
    assert_eq!(
        (&placed["state"], &placed["payment"]),
        (&json!("pending_payment"), &json!("requires_action"))
    );
    let link = format!("/orders/{}", placed["access"].as_str().unwrap());
    (link, placed["action"]["redirect"].as_str().unwrap().to_owned())
}

async fn say(street: &Street, page: &str, form: &'static str) -> Answer {
    answer(street.world.request(Method::POST, page).header("content-type", FORM).body(form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_approves_has_paid_and_is_back_in_the_shop() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 1).await;
        let (link, path) = waiting(&visitor).await;
        let page = street.world.get(&format!("{path}?return=/de/%22order%22/"), None).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
        assert!(page.text.contains("value=\"/de/&quot;order&quot;/\""), "{}", page.text);
        for button in ["approve", "decline"] {
            assert!(page.text.contains(&format!("name=\"answer\" value=\"{button}\"")), "{}", page.text);
        }
        let wrong = say(&street, &path, "answer=perhaps").await;
        assert_eq!((wrong.status, wrong.code().as_str()), (422, "field_invalid"));
        let sent = say(&street, &path, "answer=approve&return=%2Fde%2Forder%2F").await;
        assert_eq!((sent.status, sent.header("location")), (303, "/de/order/"));
        street.stage.webhooks().await;
        assert_eq!(visitor.get(&link).await.json()["state"], "placed");
        // The first answer counts, whatever a reloaded page says.
        let again = say(&street, &path, "answer=decline&return=//evil.example/").await;
        assert_eq!((again.status, again.header("location")), (303, "/"));
        street.stage.webhooks().await;
        assert_eq!(visitor.get(&link).await.json()["state"], "placed");
        let page = street.world.get(&path, None).await;
        assert!(!page.text.contains("<form"), "{}", page.text);
        street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_declines_has_the_cart_again() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 1).await;
        let (link, path) = waiting(&visitor).await;
        assert_eq!(visitor.get("/cart").await.code(), "cart_unknown");
        assert_eq!(say(&street, &path, "answer=decline").await.status, 303);
        street.stage.webhooks().await;
        assert_eq!(visitor.get(&link).await.json()["state"], "cancelled");
        assert_eq!(visitor.get("/cart").await.status, 200);
        let unknown = street.world.get("/test-payment/none", None).await;
        assert_eq!((unknown.status, unknown.code().as_str()), (404, "not_found"));
        street.stage.audit().await;
    })
    .await;
}
