//! For those who look after the service, and what every answer has.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitrine_api::Limits;

use crate::limits::silent;
use crate::world::{PATIENCE, Setup, World, answer};

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_without_its_database_and_is_not_ready() {
    let world = World::new().await;
    assert_eq!((world.get("/livez", None).await.status, world.get("/readyz", None).await.status), (200, 200));
    world.db.close().await;
    assert_eq!(world.get("/livez", None).await.status, 200);
    let unready = world.get("/readyz", None).await;
    assert_eq!((unready.status, unready.code().as_str()), (503, "not_ready"));
    assert_eq!(unready.json()["detail"], "the database does not answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_ready_while_a_migration_is_missing() {
    let world = World::new().await;
    let mut tx = world.db.begin().await.unwrap();
    vitrine_db::sql("DELETE FROM intake_migration".to_owned()).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let unready = world.get("/readyz", None).await;
    assert_eq!(unready.json()["detail"], "migrations are missing: intake/1-tables");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_this_machine_or_a_token() {
    let world = World::new().await;
    world.get("/livez", None).await;
    let local = world.get("/metrics", None).await;
    assert_eq!(
        (local.status, local.header("content-type")),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    let counted = r#"vitrine_http_requests_total{method="GET",route="/livez",status="200"}"#;
    assert!(local.text.contains(counted), "{}", local.text);
    assert!(local.text.contains("vitrine_http_request_duration_seconds_bucket"), "{}", local.text);
    let through_proxy = |token: Option<String>| {
        let request = world.request(Method::GET, "/metrics").header("x-forwarded-for", "203.0.113.9");
        answer(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    };
    assert_eq!(through_proxy(None).await.code(), "token_missing");
    assert_eq!(through_proxy(Some(world.token("status").await)).await.code(), "scope_missing");
    assert_eq!(through_proxy(Some(world.token("metrics").await)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_works_elsewhere_serves_probes_only() {
    let world = World::with(Setup { only_probes: true, ..Setup::default() }).await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(world.get(path, None).await.status, 200, "{path}");
    }
    let token = world.token("status,publish").await;
    assert_eq!(world.get("/api/v1/admin/status", Some(&token)).await.code(), "not_found");
    assert_eq!(world.publish(&token, "{}").await.code(), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_path_is_not_a_label() {
    let world = World::new().await;
    world.get("/wp-login.php", None).await;
    world.get("/api/v1/hooks/tiny/deliveries/secret-id", None).await;
    let text = world.get("/metrics", None).await.text;
    assert!(text.contains(r#"route="none",status="404""#), "{text}");
    assert!(text.contains(r#"route="/api/v1/hooks/{store}/deliveries/{delivery}""#), "{text}");
    assert!(!text.contains("wp-login") && !text.contains("secret-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_its_request_and_trace_and_keeps_to_itself() {
    let world = World::new().await;
    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (path, status) in [("/livez", 200), ("/nothing", 404), ("/api/v1/admin/status", 401)] {
        let request =
            world.request(Method::GET, path).header("x-request-id", "client-7").header("traceparent", given);
        let answer = answer(request).await;
        assert_eq!((answer.status, answer.header("x-request-id")), (status, "client-7"));
        let trace = answer.header("traceparent");
        assert!(trace.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && trace != given, "{trace}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
    let request =
        world.request(Method::GET, "/livez").header("x-request-id", "a b").header("traceparent", "x");
    let made = answer(request).await;
    assert_eq!((made.header("x-request-id").len(), made.header("traceparent").len()), (32, 55));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_finished_and_nothing_new_is_taken() {
    let mut world = World::new().await;
    let token = world.token("publish").await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST /api/v1/admin/publish HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Whoever waits for the body says so: the request is under way.
    let mut waits = [0; 25];
    stream.read_exact(&mut waits).await.unwrap();
    assert_eq!(&waits, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{").await.unwrap();
    world.stop();
    let refused = async {
        while TcpStream::connect(world.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("the door is closed");
    stream.write_all(b"}").await.unwrap();
    let mut text = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.starts_with("HTTP/1.1 202 "), "{text}");
    assert_eq!(world.wishes().await.len(), 1);
    world.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_is_cut_off() {
    let limits = Limits { drain: Duration::from_millis(200), ..Limits::default() };
    let mut world = World::with(Setup { limits, status: Some(silent()), ..Setup::default() }).await;
    let token = world.token("status").await;
    let request = world.request(Method::GET, "/api/v1/admin/status").bearer_auth(token);
    let hanging = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.stop();
    world.stopped().await;
    assert!(hanging.await.unwrap().is_err());
}
