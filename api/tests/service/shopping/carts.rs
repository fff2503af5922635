//! Carts, live prices and stock.

use reqwest::Method;
use serde_json::{Value, json};

use super::visitor::{HERE, each, with_json};
use crate::world::{World, answer};

fn eur(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "EUR" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_is_made_changed_and_emptied() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 2).await;
        let read = visitor.get("/cart").await;
        assert_eq!(read.status, 200, "{read:?}");
        let cart = read.json();
        assert_eq!((&cart["version"], &cart["country"], &cart["locale"]), (&json!(1), &json!("DE"), &json!("de-DE")));
        let line = &cart["lines"][0];
        assert_eq!((&line["id"], &line["sku"], &line["product"]), (&json!("1"), &json!("PILLOW"), &json!("pillow")));
        assert_eq!((&line["name"], &line["quantity"]), (&json!("pillow"), &json!(2)));
        assert_eq!((&line["unit_price"], &line["total"]), (&eur(4_000), &eur(8_000)));
        assert_eq!(cart["totals"]["total"], eur(8_490));
        assert_eq!(cart["delivery"]["offers"][0]["method"], "parcel");
        assert_eq!(cart["delivery"]["chosen"]["assumed"], true);
        assert!(cart["token"].is_null(), "who knows the cart needs not be told its name");

        assert_eq!(visitor.put_in("DUVET", 1).await.json()["version"], 2);
        let set = visitor.patch("/cart/lines/1", &json!({ "quantity": 3 })).await;
        assert_eq!((set.status, &set.json()["lines"][0]["total"]), (200, &eur(12_000)));
        let chosen = json!({ "destination": { "country": "DE", "postcode": "10115" }, "delivery": "parcel", "payment": "card" });
        let chosen = visitor.patch("/cart", &chosen).await.json();
        assert_eq!((&chosen["payment"], &chosen["delivery"]["chosen"]["assumed"]), (&json!("card"), &json!(false)));
        let back = visitor.patch("/cart", &json!({ "payment": null })).await.json();
        assert_eq!((&back["payment"], &back["destination"]["postcode"]), (&Value::Null, &json!("10115")));
        let emptied = visitor.delete("/cart/lines/1").await;
        assert_eq!((emptied.status, emptied.json()["lines"].as_array().unwrap().len()), (200, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_applies_or_says_why_not() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 1).await;
        let entered = visitor.post("/cart/codes", &json!({ "code": "ten" })).await.json();
        assert_eq!(entered["codes"], json!([{ "code": "ten", "promotion": "ten", "refused": null }]));
        assert_eq!(
            (&entered["promotions"][0]["label"], &entered["promotions"][0]["amount"]),
            (&json!("Zehn Prozent"), &eur(400))
        );
        assert_eq!(entered["lines"][0]["discounts"], json!([{ "promotion": "ten", "amount": eur(400) }]));
        let refused = visitor.post("/cart/codes", &json!({ "code": "NOPE" })).await;
        assert_eq!(
            (refused.status, &refused.json()["codes"][1]["refused"]["reason"]),
            (200, &json!("unknown"))
        );
        let gone = visitor.delete("/cart/codes/TEN").await.json();
        assert_eq!((&gone["codes"][0]["code"], &gone["promotions"]), (&json!("NOPE"), &json!([])));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_needs_nothing_but_its_cookie() {
    each(async |street| {
        let visitor = street.visitor();
        let added = visitor.put_in("PILLOW", 1).await;
        let cookie = added.header("set-cookie").to_owned();
        let body = added.json();
        let named = format!(
            "vitrine_cart_de={}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure",
            body["token"].as_str().unwrap()
        );
        assert_eq!(cookie, named);
        let pair = cookie.split(';').next().unwrap().to_owned();
        let by_cookie = |method, path: &str| visitor.request(method, path).header("cookie", &pair);
        assert_eq!(answer(by_cookie(Method::GET, "/cart")).await.json()["lines"][0]["quantity"], 1);

        // Ordered by another tab: whoever goes on shopping begins anew.
        let token = body["token"].as_str().map(str::to_owned);
        let mut buyer = street.visitor();
        buyer.cart = token;
        assert_eq!(buyer.order(&buyer.total().await, "approve", "k").await.status, 201);
        assert_eq!(answer(by_cookie(Method::GET, "/cart")).await.code(), "cart_unknown");
        let line = json!({ "sku": "DUVET" });
        let anew = answer(with_json(by_cookie(Method::POST, "/cart/lines"), &line)).await;
        assert_eq!((anew.status, &anew.json()["version"]), (201, &json!(1)));
        assert_ne!(anew.json()["token"], body["token"]);
        assert_eq!(buyer.put_in("DUVET", 1).await.code(), "cart_unknown", "a program is told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_to_anothers_cart() {
    each(async |street| {
        let mut visitor = street.with_cart("PILLOW", 1).await;
        for path in ["/api/v1/DE/cart", "/api/v1/De/cart"] {
            let token = visitor.cart.clone().unwrap();
            let read = answer(street.world.request(Method::GET, path).header("vitrine-cart", token)).await;
            assert_eq!(read.status, 200, "{path}");
        }
        for wrong in ["f".repeat(32), "nonsense".to_owned(), String::new()] {
            visitor.cart = Some(wrong);
            let refused = visitor.get("/cart").await;
            assert_eq!((refused.status, refused.code().as_str()), (404, "cart_unknown"));
            assert_eq!(visitor.delete("/cart/lines/1").await.code(), "cart_unknown");
            assert_eq!(visitor.put_in("PILLOW", 1).await.code(), "cart_unknown");
        }
        visitor.cart = None;
        assert_eq!(visitor.get("/cart").await.code(), "cart_unknown");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_ask_what_is_there_now() {
    each(async |street| {
        street.stage.scene.stock("duvet", 0).await;
        let visitor = street.visitor();
        let asked = visitor.get("/stock?sku=PILLOW&sku=DUVET&sku=SET&sku=NOPE").await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let item = |sku: &str, price: Value, state: &str| {
            json!({ "sku": sku, "price": price, "compare_at": null, "state": state, "left": null })
        };
        let wanted = json!([
            item("PILLOW", eur(4_000), "in"),
            item("DUVET", eur(20_000), "out"),
            item("SET", eur(25_000), "out"),
            item("NOPE", Value::Null, "not_sold"),
        ]);
        assert_eq!(asked.json(), wanted);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_shop_there_is_nothing() {
    let world = World::new().await;
    for path in ["/cart", "/stock?sku=A", "/orders/x"] {
        assert_eq!(world.get(&format!("{HERE}{path}"), None).await.code(), "not_found", "{path}");
    }
    let hook = world.request(Method::POST, "/api/v1/hooks/payments/test").body("{}");
    assert_eq!(answer(hook).await.code(), "not_found");
}
