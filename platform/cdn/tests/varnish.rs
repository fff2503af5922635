//! The repository's VCL in a real Varnish: what is kept, dropped, passed on, and answered when something is gone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode, redirect};
use tempfile::TempDir;
use vitrine_cdn::testing::{Origin, Varnish, VarnishSetup};
use vitrine_cdn::{Cdn as _, HttpPurge, HttpPurgeConfig, Invalidation, vcl};

const SITE: &[u8] = br#"{"store":"nimbus","editions":[{"path":"/de/"},{"path":"/gb/"},{"path":"/jp/"}]}"#;

/// A small site with an origin; what every page says is the text it was written with.
struct Site {
    folder: TempDir,
    origin: Origin,
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let origin = Origin::start(folder.path()).await;
        let site = Self { folder, origin };
        for path in ["/", "/de/", "/de/p/one/", "/de/p/two/", "/gb/", "/gb/p/one/", "/jp/p/まくら/"] {
            site.write(path, "old");
        }
        site.write("/de/404.html", "nicht da");
        site
    }

    fn write(&self, path: &str, text: &str) {
        let name = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        let file = self.folder.path().join(name.trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        // As the generator does it: a reader has the old file or the new one.
        let next = self.folder.path().join("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(next, file).unwrap();
    }

    fn remove(&self, key: &str) {
        std::fs::remove_file(self.folder.path().join(key)).unwrap();
    }

    async fn edge(&self) -> Edge {
        Edge::of(VarnishSetup::new(&self.origin.base).tables(vcl::tables(b"[]", SITE).unwrap()).start().await)
    }
}

struct Edge {
    varnish: Varnish,
    client: Client,
}

/// Status, body and whether it came from the cache.
type Answer = (u16, String, bool);

impl Edge {
    fn of(varnish: Varnish) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { varnish, client }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.varnish.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        let response = self.ask("GET", path, &[]).await;
        let kept = response.headers().get("x-cache").is_some_and(|cache| cache == "HIT");
        (response.status().as_u16(), response.text().await.unwrap(), kept)
    }

    async fn text(&self, path: &str) -> String {
        self.get(path).await.1
    }

    async fn forget(&self, what: &Invalidation) {
        self.varnish.cdn().invalidate("1", what).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_is_kept_until_it_is_named() {
    let site = Site::start().await;
    let edge = site.edge().await;
    let pages = ["/", "/de/", "/de/p/one/", "/de/p/two/", "/gb/p/one/", "/jp/p/まくら/"];
    for page in pages {
        assert_eq!(edge.get(page).await.1, "old", "{page}");
        assert_eq!(edge.get(&format!("{page}?utm=x")).await, (200, "old".to_owned(), true), "{page}");
        site.write(page, "new");
        assert_eq!(edge.text(page).await, "old", "{page}");
    }
    edge.forget(&Invalidation::paths(["/de/", "/jp/p/まくら/"])).await;
    for (page, text) in
        [("/de/", "new"), ("/jp/p/%e3%81%be%e3%81%8f%e3%82%89/", "new"), ("/de/p/one/", "old")]
    {
        assert_eq!(edge.text(page).await, text, "{page}");
    }
    edge.forget(&Invalidation { paths: vec!["/".to_owned()], ..Invalidation::prefixes(["/de/p/"]) }).await;
    for (page, text) in [("/", "new"), ("/de/p/one/", "new"), ("/de/p/two/", "new"), ("/gb/p/one/", "old")] {
        assert_eq!(edge.text(page).await, text, "{page}");
    }
}

#[tokio::test]
async fn a_redirect_to_the_slash_and_the_page_are_one_object() {
    let site = Site::start().await;
    let edge = site.edge().await;
    for asked in ["/de/p/one", "/de/p/one/index.html"] {
        let response = edge.ask("GET", asked, &[]).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["location"]),
            (308, &"/de/p/one/".parse().unwrap())
        );
    }
    assert_eq!(edge.get("/de/p/one/").await, (200, "old".to_owned(), true));
    site.remove("de/p/one/index.html");
    edge.forget(&Invalidation::paths(["/de/p/one/"])).await;
    for asked in ["/de/p/one", "/de/p/one/index.html", "/de/p/one/"] {
        assert_eq!(edge.get(asked).await.0, 404, "{asked}");
    }
}

#[tokio::test]
async fn nobody_without_the_secret_makes_it_forget() {
    let site = Site::start().await;
    let edge = site.edge().await;
    edge.get("/de/").await;
    for (method, secret) in [("PURGE", None), ("PURGE", Some("guess")), ("BAN", None), ("BAN", Some(""))] {
        let secret = secret.map(|secret| ("x-vitrine-secret", secret));
        let headers: Vec<_> =
            secret.into_iter().chain([("x-vitrine-ban", "^/"), ("x-vitrine-known", "yes")]).collect();
        assert_eq!(edge.ask(method, "/de/", &headers).await.status(), StatusCode::FORBIDDEN, "{method}");
    }
    let guessing = HttpPurgeConfig::new(vec![edge.varnish.base.clone()], "guess".into());
    let error = HttpPurge::try_new(&guessing)
        .unwrap()
        .invalidate("1", &Invalidation::paths(["/de/"]))
        .await
        .unwrap_err();
    assert!(!error.is_transient() && error.to_string().contains("its secret is another one"), "{error}");
    for pattern in ["", "/de/", "^/(a+)+$", "^/ && req.url ~ x", "^/\""] {
        let headers = [("x-vitrine-secret", edge.varnish.secret()), ("x-vitrine-ban", pattern)];
        assert_eq!(edge.ask("BAN", "/", &headers).await.status(), StatusCode::BAD_REQUEST, "{pattern}");
    }
    assert!(edge.get("/de/").await.2, "it forgot");
}

#[tokio::test]
async fn what_comes_from_outside_is_not_taken_for_our_own_words() {
    let site = Site::start().await;
    let edge = site.edge().await;
    let headers = [
        ("x-vitrine-step", "error"),
        ("x-vitrine-status", "410"),
        ("x-vitrine-key", "/_vitrine/site.json"),
        ("x-vitrine-path", "/gb/"),
        ("x-vitrine-old", "yes"),
        ("x-vitrine-location", "https://example.org/"),
    ];
    let response = edge.ask("GET", "/de/", &headers).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().keys().any(|name| name.as_str().starts_with("x-vitrine")), "{response:?}");
    assert_eq!(site.origin.asked().last().unwrap(), "GET /de/index.html");
}

#[tokio::test]
async fn errors_are_not_kept() {
    let site = Site::start().await;
    let edge = site.edge().await;
    assert_eq!(edge.get("/de/p/new/").await, (404, "nicht da".to_owned(), false));
    site.write("/de/p/new/", "here");
    assert_eq!(edge.text("/de/p/new/").await, "here");
    site.origin.set_answer(Some((500, "out of order")));
    let response = edge.ask("GET", "/gb/", &[]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (503, &"no-store".parse().unwrap())
    );
    assert_eq!(response.headers()["retry-after"], "5");
    site.origin.set_answer(None);
    assert_eq!(edge.text("/gb/").await, "old");
}

#[tokio::test]
async fn an_origin_that_is_gone_is_bridged_and_nothing_old_stays_after() {
    let mut site = Site::start().await;
    let edge = site.edge().await;
    edge.get("/de/").await;
    site.write("/de/", "new");
    site.origin.stop().await;
    edge.forget(&Invalidation::paths(["/de/"])).await;
    for _ in 0..3 {
        assert_eq!(edge.get("/de/").await.1, "old", "an old page is better than none");
    }
    assert_eq!(edge.get("/gb/").await.0, 503, "it never had this one");
    site.origin.resume().await;
    // Varnish does not try again for a quarter of a second where nobody listened.
    assert!(becomes(&edge, "/de/", "new").await);
    // Errors of an origin that is there are bridged as well.
    site.write("/de/", "newer");
    edge.forget(&Invalidation::paths(["/de/"])).await;
    site.origin.set_answer(Some((503, "slow down")));
    assert_eq!(edge.get("/de/").await.1, "new");
    site.origin.set_answer(None);
    assert_eq!(edge.get("/de/").await.1, "newer");
}

/// Asks for a page and, while the origin holds back an answer it read before, replaces and invalidates the page.
async fn replaced_on_its_way(site: &Site, edge: &Edge, delay: Duration, what: &Invalidation) {
    site.origin.asked();
    site.origin.set_delay(delay);
    let (asked, ()) = tokio::join!(edge.get("/de/p/one/"), async {
        while site.origin.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        site.origin.set_delay(Duration::ZERO);
        site.write("/de/p/one/", "new");
        edge.forget(what).await;
    });
    assert_eq!(asked.1, "old", "it was read before");
}

#[tokio::test]
async fn a_page_on_its_way_is_dropped_too() {
    let site = Site::start().await;
    let edge = site.edge().await;
    replaced_on_its_way(&site, &edge, Duration::from_secs(1), &Invalidation::paths(["/de/p/one/"])).await;
    assert_eq!(edge.text("/de/p/one/").await, "new", "a purge waits for what is on its way");

    site.write("/de/p/one/", "old");
    edge.forget(&Invalidation::paths(["/de/p/one/"])).await;
    replaced_on_its_way(&site, &edge, Duration::from_millis(300), &Invalidation::prefixes(["/de/p/"])).await;
    // The second ban has dropped it, or it came so late that it is kept for seconds only.
    assert!(becomes(&edge, "/de/p/one/", "new").await);
}

#[tokio::test]
async fn an_answer_that_took_long_is_kept_for_seconds_only() {
    let site = Site::start().await;
    let edge = site.edge().await;
    replaced_on_its_way(&site, &edge, Duration::from_millis(1_500), &Invalidation::prefixes(["/de/p/"]))
        .await;
    assert_eq!(edge.text("/de/p/one/").await, "old", "both bans came before it");
    assert!(becomes(&edge, "/de/p/one/", "new").await);
}

async fn becomes(edge: &Edge, path: &str, text: &str) -> bool {
    for _ in 0..100 {
        if edge.text(path).await == text {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test]
async fn what_is_live_goes_to_the_api_and_is_never_kept() {
    let site = Site::start().await;
    let empty = tempfile::tempdir().unwrap();
    let mut api = Origin::start(empty.path()).await;
    let tables = vcl::tables(b"[]", SITE).unwrap();
    let edge = Edge::of(VarnishSetup::new(&site.origin.base).api(&api.base).tables(tables).start().await);
    api.set_answer(Some((409, "{\"code\":\"sold_out\"}")));
    site.origin.asked();
    for (method, path) in [
        ("POST", "/api/v1/DE/carts?x=1"),
        ("DELETE", "/api/v1/DE/carts/1"),
        ("GET", "/de/cart/"),
        ("GET", "/de/cart/"),
        ("POST", "/gb/checkout/pay"),
        ("GET", "/de/orders/7"),
    ] {
        let response = edge.ask(method, path, &[("cookie", "cart=1")]).await;
        assert_eq!(response.status(), StatusCode::CONFLICT, "{method} {path}");
        assert!(!response.headers().contains_key("x-cache"));
        assert_eq!(api.asked(), [format!("{method} {path}")]);
    }
    assert_eq!(site.origin.asked(), [""; 0]);
    for path in ["/cart/", "/de/p/cart/", "/apis/", "/de/carts/"] {
        assert_eq!(edge.get(path).await.0, 404, "{path}");
    }
    assert_eq!(api.asked(), [""; 0]);
    api.stop().await;
    let response = edge.ask("GET", "/api/v1/DE/carts/1", &[]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(response.text().await.unwrap().contains("\"status\":503"));
}

#[tokio::test]
async fn old_addresses_are_found_among_thousands_and_follow_the_table() {
    let site = Site::start().await;
    let rows = |count: u32, target: &str| {
        let row = |number: u32| {
            format!(
                r#"{{"from":"/de/p/alt-{}/","to":"{target}{number}/","status":301}}"#,
                number * 7_919 % 1_000_003
            )
        };
        let odd = r#"{"from":"/de/weg/","status":410},{"from":"/jp/ふるい/","to":"/jp/p/まくら/?x=1","status":302},
            {"from":"/de/alt.html","to":"https://example.org/a%20b","status":301},"#;
        let rows: Vec<String> = (0..count).map(row).collect();
        vcl::tables(format!("[{odd}{}]", rows.join(",")).as_bytes(), SITE).unwrap()
    };
    let setup = VarnishSetup::new(&site.origin.base).tables(rows(3_000, "/de/p/"));
    let edge = Edge::of(setup.start().await);
    for (asked, status, answered) in [
        ("/de/p/alt-7919/", 301, "/de/p/1/"),
        ("/de/p/alt-7919?a=b", 301, "/de/p/1/?a=b"),
        ("/de/p/alt-749012/", 301, "/de/p/2999/"),
        ("/jp/%E3%81%B5%E3%82%8B%E3%81%84/?a=b", 302, "/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/?x=1"),
        ("/de/alt.html", 301, "https://example.org/a%20b"),
        ("/de/weg", 410, ""),
        ("/de/p/alt-791/", 404, ""),
        ("/de/p/alt-7919/x/", 404, ""),
        ("/de/altxhtml", 404, ""),
    ] {
        let response = edge.ask("GET", asked, &[]).await;
        let location = response.headers().get("location").map_or("", |location| location.to_str().unwrap());
        assert_eq!((response.status().as_u16(), location), (status, answered), "{asked}");
    }
    edge.varnish.set_tables("sub edge_edition { this is no VCL");
    edge.get("/de/").await;
    follows(&edge, "/de/p/alt-7919/", "/de/p/1/", &rows(10, "/de/neu/"), "/de/neu/1/").await;
    assert_eq!(edge.get("/de/p/alt-749012/").await.0, 404, "its entry is gone");
    assert!(edge.get("/de/").await.2, "what was kept is still there");
    assert!(edge.varnish.said().contains("do not compile"), "{}", edge.varnish.said());
}

/// Waits until broken tables were refused, then until good ones are followed.
async fn follows(edge: &Edge, path: &str, before: &str, tables: &str, after: &str) {
    let location =
        async || edge.ask("GET", path, &[]).await.headers()["location"].to_str().unwrap().to_owned();
    for round in 0..600 {
        if edge.varnish.said().contains("do not compile") {
            edge.varnish.set_tables(tables);
            break;
        }
        assert!(round < 599, "broken tables were not refused: {}", edge.varnish.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(location().await, before);
    for _ in 0..600 {
        if location().await == after {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the new tables are not followed: {}", edge.varnish.said());
}

#[tokio::test]
async fn every_node_has_to_confirm() {
    let site = Site::start().await;
    let (one, mut other) = (site.edge().await, site.edge().await);
    let nodes = [&one, &other].map(|edge| edge.varnish.base.clone()).to_vec();
    let cdn = HttpPurge::try_new(&HttpPurgeConfig::new(nodes, one.varnish.secret().into())).unwrap();
    for edge in [&one, &other] {
        edge.get("/de/").await;
    }
    site.write("/de/", "new");
    let port = other.varnish.port;
    other.varnish.kill().await;
    let what = Invalidation::paths(["/de/"]);
    let error = cdn.invalidate("1", &what).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains(&format!(":{port}")), "{error}");
    assert_eq!(one.text("/de/").await, "new", "the other node was told all the same");
    let tables = vcl::tables(b"[]", SITE).unwrap();
    let back = Edge::of(VarnishSetup::new(&site.origin.base).tables(tables).port(port).start().await);
    cdn.invalidate("1", &what).await.unwrap();
    assert_eq!(back.text("/de/").await, "new");
}

#[tokio::test]
async fn a_node_that_is_slow_or_ill_is_asked_again_later() {
    let node = Origin::start(Path::new("/nowhere")).await;
    let config = HttpPurgeConfig::new(vec![node.base.clone()], "s".into());
    let cdn = HttpPurge::try_new(&HttpPurgeConfig { timeout: Duration::from_millis(300), ..config }).unwrap();
    let what = Invalidation { paths: vec!["/de/".to_owned()], ..Invalidation::prefixes(["/gb/"]) };
    let place = &node.base;
    for (status, transient, said) in [
        (500, true, format!("{place} can't do it now: 500 Internal Server Error")),
        (429, true, format!("{place} can't do it now: 429 Too Many Requests")),
        (405, false, format!("{place} refused: 405 Method Not Allowed")),
        (301, false, format!("{place} refused: 301 Moved Permanently")),
    ] {
        node.set_answer(Some((status, "")));
        let error = cdn.invalidate("1", &what).await.unwrap_err();
        assert_eq!((error.to_string(), error.is_transient()), (said, transient));
    }
    node.asked();
    node.set_answer(Some((200, "")));
    cdn.invalidate("1", &what).await.unwrap();
    assert_eq!(node.asked().iter().filter(|asked| *asked == "BAN /").count(), 2, "a wildcard is told twice");
    node.set_delay(Duration::from_secs(5));
    let error = cdn.invalidate("1", &what).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{place} did not answer: no answer in time"));
    assert!(error.is_transient());
}
