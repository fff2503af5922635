//! What [`respond`] answers, question by question.

use axum::http::header::IF_NONE_MATCH;

use super::*;

struct Shop {
    folder: tempfile::TempDir,
    routing: Routing,
}

fn shop() -> Shop {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("index.html", "<body>choose a country</body>"),
        ("404.html", "<body>nowhere</body>"),
        ("de/index.html", "<body>Willkommen</body>"),
        ("de/404.html", "<body>Nicht gefunden</body>"),
        ("jp/p/まくら/index.html", "<body>まくら</body>"),
        ("assets/app.0a1b2c3d4e.css", "body{}"),
        ("robots.txt", "User-agent: *"),
        (".hidden", "secret"),
        ("_vitrine/site.json", r#"{"editions":[{"country":"DE","locale":"de-DE","path":"/de/"}]}"#),
        (
            "_vitrine/redirects.json",
            r#"[{"from":"/de/alt/","to":"/de/neu/","status":301},{"from":"/de/aktion/","status":410},
                {"from":"/jp/p/%E3%81%B5%E3%82%8B/","to":"/jp/p/まくら/","status":301},
                {"from":"/de/fort/","to":"https://example.org/?a=1","status":302}]"#,
        ),
    ] {
        let path = folder.path().join("site").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(folder.path().join("outside.txt"), "secret").unwrap();
    let routing = Routing::read(&folder.path().join("site")).unwrap();
    Shop { folder, routing }
}

impl Shop {
    fn ask(&self, method: &Method, address: &str, known: Option<&str>) -> Response<Vec<u8>> {
        let root = self.folder.path().join("site");
        let site = Site { root: &root, routing: &self.routing, script: "<script></script>" };
        let (path, query) =
            address.split_once('?').map_or((address, None), |(path, query)| (path, Some(query)));
        respond(&site, &Question { method, path, query, known })
    }

    fn get(&self, address: &str) -> Response<Vec<u8>> {
        self.ask(&Method::GET, address, None)
    }
}

fn header<'a>(response: &'a Response<Vec<u8>>, name: &str) -> &'a str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

fn text(response: &Response<Vec<u8>>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

#[test]
fn a_page_comes_with_the_script_and_is_asked_for_again() {
    let response = shop().get("/de/");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(&response), "<body>Willkommen<script></script></body>");
    assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&response, "cache-control"), headers::REVALIDATE);
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert!(!header(&response, "content-security-policy").contains("unsafe"));
}

#[test]
fn what_is_known_is_not_sent_again() {
    let shop = shop();
    let tag = header(&shop.get("/de/"), "etag").to_owned();
    for known in [tag.as_str(), tag.trim_start_matches("W/"), &format!("\"x\", {tag}"), "*"] {
        let response = shop.ask(&Method::GET, "/de/", Some(known));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{IF_NONE_MATCH}: {known}");
        assert!(response.body().is_empty());
        assert_eq!(header(&response, "etag"), tag);
    }
    assert_eq!(shop.ask(&Method::GET, "/de/", Some("\"other\"")).status(), StatusCode::OK);
}

#[test]
fn head_says_the_same_without_the_page() {
    let shop = shop();
    let (get, head) = (shop.get("/de/"), shop.ask(&Method::HEAD, "/de/", None));
    assert_eq!(get.headers(), head.headers());
    assert!(head.body().is_empty());
}

#[test]
fn other_methods_are_refused() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let response = shop().ask(&method, "/de/", None);
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&response, "allow"), "GET, HEAD");
    }
}

#[test]
fn addresses_end_in_a_slash() {
    let shop = shop();
    for (asked, answered) in [
        ("/de", "/de/"),
        ("/de?a=b&c", "/de/?a=b&c"),
        ("/de/index.html", "/de/"),
        ("/index.html", "/"),
        ("/jp/p/%E3%81%BE%E3%81%8F%E3%82%89", "/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/"),
    ] {
        let response = shop.get(asked);
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT, "{asked}");
        assert_eq!(header(&response, "location"), answered);
    }
    assert_eq!(text(&shop.get("/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/")), "<body>まくら<script></script></body>");
}

#[test]
fn old_addresses_lead_on_or_are_gone() {
    let shop = shop();
    for (asked, status, answered) in [
        ("/de/alt/", 301, "/de/neu/"),
        ("/de/alt", 301, "/de/neu/"),
        ("/de/alt/?utm=x", 301, "/de/neu/?utm=x"),
        ("/de/fort/?b=2", 302, "https://example.org/?a=1"),
        ("/jp/p/%E3%81%B5%E3%82%8B/", 301, "/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/"),
        ("/de/aktion/", 410, ""),
    ] {
        let response = shop.get(asked);
        assert_eq!(response.status().as_u16(), status, "{asked}");
        assert_eq!(header(&response, "location"), answered, "{asked}");
    }
    assert!(text(&shop.get("/de/aktion/")).contains("Nicht gefunden"));
}

#[test]
fn an_unknown_address_gets_the_page_of_the_nearest_edition() {
    let shop = shop();
    for (asked, page) in [
        ("/de/x/y/", "Nicht gefunden"),
        ("/fr/", "nowhere"),
        ("/dexter", "nowhere"),
        ("/de/%FF", "Nicht gefunden"),
    ] {
        let response = shop.get(asked);
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{asked}");
        assert!(text(&response).contains(page), "{asked}: {}", text(&response));
    }
}

#[test]
fn nothing_outside_the_site_is_reached() {
    let shop = shop();
    for asked in [
        "/../outside.txt",
        "/de/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/de/..%5c..%5coutside.txt",
        "/.hidden",
        "//example.org",
        "/de//",
        "/_vitrine/site.json",
        "/%5fvitrine/site.json",
        "/de/%00",
        "",
        "*",
    ] {
        let response = shop.get(asked);
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{asked}");
        assert!(!text(&response).contains("secret"));
    }
}

#[test]
fn an_empty_folder_still_answers() {
    let folder = tempfile::tempdir().unwrap();
    let routing = Routing::read(folder.path()).unwrap();
    let site = Site { root: folder.path(), routing: &routing, script: "<script></script>" };
    let response = respond(&site, &Question { method: &Method::GET, path: "/", query: None, known: None });
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(text(&response).contains("<script></script></body>"));
}
