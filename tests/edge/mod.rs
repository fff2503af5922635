//! The contract of whatever stands between the pages and the shopper: dev server, Varnish, CloudFront.
//!
//! The site behind it is the shipped shop.

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const HOME: &str = "/de/";
const LISTING: &str = "/de/c/matratzen/";
/// `content/redirects.toml`
const MOVED: &str = "/de/matratzen-finder/";
/// `content/redirects.toml`
const GONE: &str = "/de/sommeraktion-2025/";

/// Asks everything the contract says of an edge; panics at the first wrong answer.
///
/// `base` is scheme and host without a final slash.
pub(crate) async fn edge_contract(base: &str) {
    let edge = Edge::new(base);
    pages_are_kept_until_they_change(&edge).await;
    addresses_end_in_a_slash(&edge).await;
    files_named_after_their_content_are_kept(&edge).await;
    text_is_compressed(&edge).await;
    old_addresses_lead_on_or_are_gone(&edge).await;
    unknown_addresses_get_the_page_of_their_edition(&edge).await;
    only_reading_is_allowed(&edge).await;
    nothing_else_is_reached(&edge).await;
    files_for_machines_are_there(&edge).await;
}

/// Something that answers for a site.
struct Edge {
    base: String,
    client: Client,
}

impl Edge {
    fn new(base: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_gzip().build().unwrap();
        Self { base: base.to_owned(), client }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, &[]).await
    }

    /// Where a redirect leads, without the host if it is this one.
    async fn location(&self, path: &str) -> (StatusCode, String) {
        let response = self.get(path).await;
        let location = header(response.headers(), "location");
        (response.status(), location.trim_start_matches(&self.base).to_owned())
    }

    /// Status of a path exactly as written; clients would tidy it up first.
    async fn raw(&self, path: &str) -> u16 {
        let host = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(!answer.contains("root:"), "{path} leads out of the site");
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap()
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default().to_owned()
}

async fn pages_are_kept_until_they_change(edge: &Edge) {
    for path in ["/", HOME, LISTING] {
        let response = edge.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers().clone();
        assert_eq!(header(&headers, "content-type"), "text/html; charset=utf-8", "{path}");
        let kept = header(&headers, "cache-control");
        assert!(kept.contains("max-age=0") && kept.contains("must-revalidate"), "{path}: {kept}");
        assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
        assert_eq!(header(&headers, "referrer-policy"), "strict-origin-when-cross-origin");
        assert!(!header(&headers, "permissions-policy").is_empty());
        let policy = header(&headers, "content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let tag = header(&headers, "etag");
        assert!(!tag.is_empty() && response.text().await.unwrap().contains("</html>"), "{path}");

        let again = edge.ask(Method::GET, path, &[("if-none-match", &tag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        let head = edge.ask(Method::HEAD, path, &[]).await;
        assert_eq!((head.status(), header(head.headers(), "etag")), (StatusCode::OK, tag), "{path}");
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

async fn addresses_end_in_a_slash(edge: &Edge) {
    for (asked, answered) in
        [("/de", "/de/"), ("/de?utm=a&b=c", "/de/?utm=a&b=c"), ("/de/index.html", "/de/")]
    {
        assert_eq!(
            edge.location(asked).await,
            (StatusCode::PERMANENT_REDIRECT, answered.to_owned()),
            "{asked}"
        );
    }
}

async fn files_named_after_their_content_are_kept(edge: &Edge) {
    let page = edge.get(LISTING).await.text().await.unwrap();
    let style = edge.get(address(&page, "/assets/", ".css")).await;
    assert_eq!(header(style.headers(), "content-type"), "text/css; charset=utf-8");
    assert_eq!(header(style.headers(), "cache-control"), "public, max-age=31536000, immutable");

    let picture = edge.get(address(&page, "/media/", ".jpg")).await;
    assert_eq!(picture.status(), StatusCode::OK);
    assert_eq!(header(picture.headers(), "content-type"), "image/jpeg");
    // The dev server's stand-in for a picture that is still being encoded must not be kept.
    let kept = header(picture.headers(), "cache-control");
    assert!(kept == "public, max-age=31536000, immutable" || kept == "no-store", "{kept}");
    assert!(!picture.bytes().await.unwrap().is_empty());
}

/// The first address of a page that begins and ends so.
fn address<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let addresses = page.match_indices(begin).map(|(at, _)| &page[at..]);
    let whole = |rest: &'a str| &rest[..rest.find(['"', ' ', ',']).unwrap_or(rest.len())];
    addresses.map(whole).find(|address| address.ends_with(end)).unwrap()
}

async fn text_is_compressed(edge: &Edge) {
    for coding in ["br", "gzip"] {
        let response = edge.ask(Method::GET, HOME, &[("accept-encoding", coding)]).await;
        assert_eq!(header(response.headers(), "content-encoding"), coding);
        assert!(header(response.headers(), "vary").to_lowercase().contains("accept-encoding"));
        let tag = header(response.headers(), "etag");
        let known = [("accept-encoding", coding), ("if-none-match", tag.as_str())];
        assert_eq!(edge.ask(Method::GET, HOME, &known).await.status(), StatusCode::NOT_MODIFIED);
    }
}

async fn old_addresses_lead_on_or_are_gone(edge: &Edge) {
    let (status, target) = edge.location(MOVED).await;
    assert_eq!(status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(edge.get(&target).await.status(), StatusCode::OK, "{target}");
    assert_eq!(edge.get(GONE).await.status(), StatusCode::GONE);
}

async fn unknown_addresses_get_the_page_of_their_edition(edge: &Edge) {
    for (path, language) in [("/de/gibt/es/nicht/", "lang=\"de-DE\""), ("/ch-fr/rien/", "lang=\"fr-CH\"")] {
        let response = edge.get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(header(response.headers(), "content-type"), "text/html; charset=utf-8");
        assert!(response.text().await.unwrap().contains(language), "{path}");
    }
    assert_eq!(edge.get("/nowhere/").await.status(), StatusCode::NOT_FOUND);
}

async fn only_reading_is_allowed(edge: &Edge) {
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let response = edge.ask(method, HOME, &[]).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(response.headers(), "allow"), "GET, HEAD");
    }
}

async fn nothing_else_is_reached(edge: &Edge) {
    for path in [
        "/../../../../../../../../etc/passwd",
        "/de/../../../../../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/_vitrine/site.json",
        "/_vitrine/redirects.json",
        "//etc/passwd",
    ] {
        let status = edge.raw(path).await;
        assert!((400..500).contains(&status), "{path} answers {status}");
    }
}

async fn files_for_machines_are_there(edge: &Edge) {
    for (path, kind) in [
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/de/manifest.webmanifest", "application/manifest+json"),
    ] {
        let response = edge.get(path).await;
        assert_eq!(
            (response.status(), header(response.headers(), "content-type")),
            (StatusCode::OK, kind.to_owned()),
            "{path}"
        );
    }
}
