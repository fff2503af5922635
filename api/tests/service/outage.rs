//! A database that goes away, and one that has no connection left.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vitrine_api::Limits;
use vitrine_db::{Backend, Db};

use crate::shopping::{Street, each};
use crate::world::{Answer, PATIENCE, answer};

/// Asks before anybody would wait for long.
fn impatient() -> Limits {
    Limits { patience: Duration::from_millis(100), ..Limits::default() }
}

/// Everything that needs the database says so; all else goes on.
async fn unavailable(street: &Street, path: &str) -> Answer {
    let refused = street.visitor().get(path).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"), "{path}");
    assert_eq!(refused.header("retry-after"), "2", "{path}");
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_the_service_says_when_to_come_back() {
    each(async |street| {
        let mut visitor = street.with_cart("PILLOW", 1).await;
        street.stage.db().close().await;
        let told = visitor.get("/cart").await;
        assert_eq!(
            (told.status, told.code().as_str(), told.header("retry-after")),
            (503, "unavailable", "2")
        );
        visitor.cart = None;
        let body = json!({ "sku": "PILLOW" });
        for (method, path) in [(Method::POST, "/cart/lines"), (Method::POST, "/checkout/quote")] {
            let refused = visitor.send(method, path, &body).await;
            assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"), "{path}");
        }
        unavailable(&street, "/stock?sku=PILLOW").await;
        for (path, status) in
            [("/livez", 200), ("/metrics", 200), ("/api/openapi.json", 200), ("/readyz", 503)]
        {
            assert_eq!(street.world.get(path, None).await.status, status, "{path}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_do_not_queue_for_connections_that_do_not_come() {
    each(async |street| {
        let street = street.with(|setup| setup.limits = impatient()).await;
        let taken = all_connections(street.stage.db()).await;
        // The first finds out; whoever comes after it need not.
        let refused = street.visitor().get(&format!("/orders/{}", "0".repeat(32))).await;
        assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"), "{refused:?}");
        unavailable(&street, "/stock?sku=PILLOW").await;
        assert_eq!(street.world.get("/livez", None).await.status, 200);
        drop(taken);
        let back = async {
            while street.visitor().get("/stock?sku=PILLOW").await.status != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, back).await.expect("the service is back by itself");
    })
    .await;
}

/// Every connection that reads can be made on.
async fn all_connections(db: &Db) -> Vec<vitrine_db::Tx> {
    let most = match db.backend() {
        Backend::Sqlite => 4,
        Backend::Postgres => 16,
    };
    let mut taken = Vec::new();
    for _ in 0..most {
        taken.push(db.snapshot().await.unwrap());
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_no_outage() {
    let limits = Limits { request_time: Duration::from_millis(300), ..impatient() };
    let setup = crate::world::Setup { limits, status: Some(crate::limits::silent()), ..Default::default() };
    let world = crate::world::World::with(setup).await;
    let request = world.request(Method::GET, "/api/v1/admin/status").bearer_auth(world.token("status").await);
    assert_eq!(answer(request).await.code(), "timed_out", "the database answers");
}
