//! Pages of other origins, and headers against them.

use reqwest::Method;
use vitrine_api::Limits;

use crate::shopping::{HERE, Street, each};
use crate::world::{Answer, Setup, World, answer};

const EVIL: &str = "https://evil.example";

async fn preflight(world: &World, path: &str, origin: &str) -> Answer {
    let request = world
        .request(Method::OPTIONS, path)
        .header("origin", origin.to_owned())
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type, vitrine-cart, idempotency-key");
    answer(request).await
}

async fn from(street: &Street, path: &str, origin: &str) -> Answer {
    answer(street.world.request(Method::GET, &format!("{HERE}{path}")).header("origin", origin.to_owned()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stores_own_pages_may_shop() {
    each(async |street| {
        let own = street.origin().await;
        let lines = format!("{HERE}/cart/lines");
        let asked = preflight(&street.world, &lines, &own).await;
        assert_eq!((asked.status, asked.header("access-control-allow-origin")), (200, own.as_str()));
        assert_eq!(asked.header("access-control-allow-credentials"), "true");
        assert_eq!(asked.header("access-control-allow-methods"), "GET,POST,PATCH,DELETE");
        for header in ["content-type", "vitrine-cart", "idempotency-key"] {
            assert!(asked.header("access-control-allow-headers").contains(header), "{header}");
        }
        assert!(asked.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("origin")));
        // What is refused can be read as well as what is not.
        for (path, status) in [("/stock?sku=PILLOW", 200), ("/cart", 404), ("/stock", 400)] {
            let told = from(&street, path, &own).await;
            assert_eq!(
                (told.status, told.header("access-control-allow-origin")),
                (status, own.as_str()),
                "{path}"
            );
            assert_eq!(told.header("access-control-expose-headers"), "retry-after,x-request-id");
        }
        for stranger in
            [EVIL, "null", "http://127.0.0.1", &format!("{own}.evil.example"), &own.replace("https", "http")]
        {
            let asked = preflight(&street.world, &lines, stranger).await;
            assert_eq!(asked.header("access-control-allow-origin"), "", "{stranger}");
            let told = from(&street, "/stock?sku=PILLOW", stranger).await;
            assert_eq!((told.status, told.header("access-control-allow-origin")), (200, ""), "{stranger}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_that_are_set_take_the_place_of_the_stores() {
    each(async |street| {
        let own = street.origin().await;
        let street = street.with(|setup| setup.origins = vec!["https://shop.example".to_owned()]).await;
        let told = from(&street, "/stock?sku=PILLOW", "https://shop.example").await;
        assert_eq!(told.header("access-control-allow-origin"), "https://shop.example");
        assert_eq!(from(&street, "/stock?sku=PILLOW", &own).await.header("access-control-allow-origin"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_by_limits_can_be_told_so() {
    each(async |street| {
        let own = street.origin().await;
        let full = Limits { in_flight: 0, ..Limits::default() };
        let street = street.with(|setup| setup.limits = full.clone()).await;
        let refused = from(&street, "/cart", &own).await;
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (503, own.as_str()));
        assert_eq!(preflight(&street.world, &format!("{HERE}/cart"), &own).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_pages_may_run_the_shop() {
    let world =
        World::with(Setup { origins: vec!["https://shop.example".to_owned()], ..Setup::default() }).await;
    let token = world.token("status").await;
    for path in
        ["/api/v1/admin/publish", "/api/v1/hooks/tiny", "/api/v1/hooks/payments/test", "/metrics", "/livez"]
    {
        let asked = preflight(&world, path, "https://shop.example").await;
        assert_eq!(asked.status, 204, "{path}");
        assert!(asked.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{asked:?}");
    }
    let status = world.request(Method::GET, "/api/v1/admin/status").bearer_auth(token);
    let told = answer(status.header("origin", "https://shop.example")).await;
    assert_eq!((told.status, told.header("access-control-allow-origin")), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_keeps_to_itself() {
    let world = World::new().await;
    for path in
        ["/livez", "/nothing", "/api/v1/admin/status", "/api/v1/de/cart", "/api/", "/api/openapi.json"]
    {
        let told = answer(world.request(Method::GET, path).header("x-forwarded-proto", "https")).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(told.header(name), value, "{path}");
        }
        let policy = told.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        let cached = if path.starts_with("/api/v1") { "no-store" } else { told.header("cache-control") };
        assert_eq!(told.header("cache-control"), cached, "{path}");
    }
    assert_eq!(world.get("/livez", None).await.header("strict-transport-security"), "", "over plain http");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_says_which_methods_it_takes() {
    let world = World::new().await;
    let asked = answer(world.request(Method::OPTIONS, "/api/v1/admin/publish")).await;
    assert_eq!((asked.status, asked.header("allow"), asked.text.as_str()), (204, "POST", ""));
    let head = answer(world.request(Method::HEAD, "/readyz")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let refused = answer(world.request(Method::HEAD, "/api/v1/admin/status")).await;
    assert_eq!((refused.status, refused.text.as_str()), (401, ""));
    for method in ["PUT", "TRACE", "BREW"] {
        let refused = answer(world.request(method.parse().unwrap(), "/api/v1/admin/status")).await;
        assert_eq!((refused.code().as_str(), refused.header("allow")), ("method_not_allowed", "GET,HEAD"));
    }
}
