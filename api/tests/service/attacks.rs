//! What somebody who means harm sends.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitrine_api::Limits;

use crate::shopping::{HERE, Street, Visitor, details, each, with_json};
use crate::world::{Answer, PATIENCE, World, answer};

/// Texts that break what is glued together: SQL, markup, templates, paths, headers, and characters that are none.
const INJECTIONS: [&str; 14] = [
    "'; DROP TABLE order_order; --",
    "1' OR '1'='1",
    "\" OR \"\"=\"",
    "$1",
    "%' --",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "../../etc/passwd",
    "a\r\nX-Injected: 1",
    "\u{0}",
    "\u{202e}\u{feff}\u{200b}",
    "𝕋𝕖𝕩𝕥 ñ 漢字 \u{1f4a9}",
];

/// An answer that is either right or refuses by name.
fn sane(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {answer:?}");
    if answer.status >= 400 {
        answer.code();
    }
    assert!(!answer.headers.contains_key("x-injected"), "{what}: {answer:?}");
    assert!(!answer.text.to_lowercase().contains("sql"), "{what}: {answer:?}");
}

/// Puts a text into every text of a document, one after the other.
fn injected(document: &Value, text: &str) -> Vec<Value> {
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) => found.push(at.to_owned()),
            Value::Object(members) => {
                members.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, inner)| places(inner, &format!("{at}/{index}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    places(document, "", &mut found);
    let with = |at: &String| {
        let mut document = document.clone();
        *document.pointer_mut(at).unwrap() = json!(text);
        document
    };
    found.iter().map(with).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_stays_a_text_in_every_field() {
    each(async |street| {
        let street = street.unhurried().await;
        let visitor = street.with_cart("PILLOW", 1).await;
        let full = json!({ "name": "A. Shopper", "company": "Firm", "line1": "Musterstraße 1", "line2": "2nd",
            "postcode": "10115", "city": "Berlin", "region": "BE", "country": "DE" });
        let mut all = details();
        (all["shipping"], all["billing"]) = (full.clone(), full);
        all["contact"]["phone"] = json!("+49 30 1234");
        for text in INJECTIONS {
            for (method, path, body) in [
                (Method::POST, "/cart/lines", json!({ "sku": "PILLOW" })),
                (Method::POST, "/cart/codes", json!({ "code": "ten" })),
                (
                    Method::PATCH,
                    "/cart",
                    json!({ "destination": { "country": "DE", "region": "a", "postcode": "1" } }),
                ),
                (Method::PATCH, "/cart", json!({ "delivery": "parcel", "payment": "card" })),
                (Method::POST, "/checkout/quote", json!({ "details": all })),
            ] {
                for body in injected(&body, text) {
                    sane(&visitor.send(method.clone(), path, &body).await, &format!("{path} {body}"));
                }
            }
            in_paths(&visitor, text).await;
        }
        orders_with(&street, &all).await;
        assert_eq!(
            street.with_cart("PILLOW", 1).await.get("/cart").await.status,
            200,
            "every table is there"
        );
        street.stage.audit().await;
    })
    .await;
}

async fn in_paths(visitor: &Visitor<'_>, text: &str) {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    sane(&visitor.patch(&format!("/cart/lines/{encoded}"), &json!({ "quantity": 1 })).await, text);
    for path in ["/cart/lines/", "/cart/codes/"] {
        sane(&visitor.delete(&format!("{path}{encoded}")).await, text);
    }
    sane(&visitor.get(&format!("/orders/{encoded}")).await, text);
    sane(&visitor.get(&format!("/stock?sku={encoded}")).await, text);
    sane(&visitor.get(&format!("/../{encoded}/cart")).await, text);
}

/// What is kept of an order comes back letter by letter, and nothing of it is run.
async fn orders_with(street: &Street, all: &Value) {
    street.stage.scene.stock("pillow", 90).await;
    for (number, text) in INJECTIONS.into_iter().enumerate() {
        let visitor = street.with_cart("PILLOW", 1).await;
        let total = visitor.total().await;
        let mut details = all.clone();
        (details["shipping"]["line2"], details["billing"]["company"]) = (json!(text), json!(text));
        let placed = visitor.order_with(&details, &total, "approve", &format!("k{number}")).await;
        sane(&placed, text);
        if placed.status == 201 {
            let link = format!("/orders/{}", placed.json()["access"].as_str().unwrap());
            let order = visitor.get(&link).await.json();
            assert_eq!(
                (&order["shipping"]["line2"], &order["billing"]["company"]),
                (&json!(text), &json!(text))
            );
            let said = json!({ "id": "w", "name": text, "email": "a@example.com" });
            sane(&visitor.post(&format!("{link}/withdrawals"), &said).await, text);
        }
        let key = visitor.request(Method::POST, "/checkout/orders").header("idempotency-key", "' OR 1=1 --");
        sane(&answer(with_json(key, &json!({ "details": details, "expected": total }))).await, text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_at_anothers_goods_or_order() {
    each(async |street| {
        let (mine, theirs) = (street.with_cart("PILLOW", 1).await, street.with_cart("PILLOW", 2).await);
        let total = theirs.total().await;
        let placed = theirs.order(&total, "approve", "key").await.json();
        // Neither number nor id lead to an order, only its secret; and that not in another country.
        for name in [&placed["number"], &placed["id"]] {
            let refused = mine.get(&format!("/orders/{}", name.as_str().unwrap())).await;
            assert_eq!((refused.status, refused.code().as_str()), (404, "order_unknown"), "{name}");
        }
        let access = placed["access"].as_str().unwrap();
        let abroad = street.world.get(&format!("/api/v1/at/orders/{access}"), None).await;
        assert_eq!(abroad.status, 404, "{abroad:?}");
        // Somebody else's key and cart: the key is one's own.
        let stolen = mine.order(&mine.total().await, "approve", "key").await;
        assert_ne!(stolen.json()["id"], placed["id"], "{stolen:?}");
        assert_ne!(stolen.json()["access"], placed["access"], "{stolen:?}");
        let token = mine.cart.clone().unwrap();
        let abroad =
            answer(street.world.request(Method::GET, "/api/v1/at/cart").header("vitrine-cart", token)).await;
        assert_eq!(abroad.status, 404, "{abroad:?}");
    })
    .await;
}

/// Sends bytes, perhaps closes the way there, and reads what comes until the other side closes.
async fn sent(world: &World, bytes: &[u8], half_closed: bool) -> String {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    // The other side may have had enough before all is written.
    let _ = stream.write_all(bytes).await;
    if half_closed {
        stream.shutdown().await.unwrap();
    }
    let mut text = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("it is closed");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_too_slow_or_half_closed_costs_one_connection() {
    each(async |street| {
        let quick = Limits {
            head_time: Duration::from_millis(200),
            body_time: Duration::from_millis(200),
            ..Limits::default()
        };
        let street = street.with(|setup| setup.limits = quick).await;
        let post = |more: &str| format!("POST {HERE}/cart/lines HTTP/1.1\r\nhost: x\r\n{more}\r\n");
        let json = "content-type: application/json\r\n";
        let endless = format!("GET {HERE}/cart HTTP/1.1\r\nhost: x\r\nx-long: {}", "x".repeat(100_000));
        let many = format!("GET {HERE}/cart HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(10_000));
        for (bytes, half_closed, begins) in [
            (endless, false, &["HTTP/1.1 431", "HTTP/1.1 400", ""][..]),
            (many, false, &["HTTP/1.1 431", "HTTP/1.1 400", ""]),
            (format!("GET {HERE}/cart HTTP/1.1\r\nhost: x\r\n"), true, &[""]),
            (post(&format!("{json}content-length: 20\r\n")) + "{", true, &["HTTP/1.1 400"]),
            (post(&format!("{json}content-length: 20\r\n")) + "{", false, &["HTTP/1.1 408"]),
            (post(&format!("{json}content-length: 99999999\r\n")), false, &["HTTP/1.1 413"]),
            (post(&format!("{json}content-length: -1\r\n")), true, &["HTTP/1.1 400"]),
            (
                post(&format!("{json}content-length: 2\r\ncontent-length: 3\r\n")) + "{}",
                true,
                &["HTTP/1.1 400"],
            ),
            (post(&format!("{json}transfer-encoding: chunked\r\n")) + "zz\r\n", true, &["HTTP/1.1 400"]),
            ("BREW /tea HTCPCP/1.0\r\n\r\n".to_owned(), true, &["HTTP/1.1 400", ""]),
            ("\u{16}\u{3}\u{1}\u{2}".to_owned(), true, &["HTTP/1.1 400", ""]),
        ] {
            let told = sent(&street.world, bytes.as_bytes(), half_closed).await;
            let right = begins
                .iter()
                .any(|begin| if begin.is_empty() { told.is_empty() } else { told.starts_with(begin) });
            assert!(right, "{bytes:.80}: {told}");
        }
        assert_eq!(street.with_cart("PILLOW", 1).await.get("/cart").await.status, 200, "others are served");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_and_wide_documents_are_refused() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 1).await;
        for body in [
            format!("{{\"details\":{}1{}}}", "[".repeat(30_000), "]".repeat(30_000)),
            format!("{{\"details\":{}", "{\"a\":".repeat(10_000)),
            format!("{{\"details\":{{\"locale\":\"{}\"}}}}", "a".repeat(60_000)),
            format!("{{\"details\":{{\"locale\":\"de-DE\",\"payment\":{}}}}}", "9".repeat(60_000)),
            format!("{{\"sku\":\"PILLOW\",{}\"quantity\":1}}", "\"quantity\":1,".repeat(4_000)),
        ] {
            for path in ["/checkout/quote", "/cart/lines"] {
                let request = visitor.request(Method::POST, path).header("content-type", "application/json");
                let refused = answer(request.body(body.clone())).await;
                assert!(matches!(refused.status, 400 | 422), "{path} {body:.60}: {refused:?}");
                refused.code();
            }
        }
    })
    .await;
}
