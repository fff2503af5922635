//! The contract of whatever stands between the pages and the shopper: dev server, Varnish, CloudFront.
//!
//! `cases` is the table, which docs/edge.md shows; here it is asked.

#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod cases;
pub(crate) mod document;
pub(crate) mod wants;

use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use self::cases::{CASES, Case, NOT_REACHED, SAFE};
use self::wants::{Answer, Want};

const LISTING: &str = "/de/c/matratzen/";

/// Asks everything the contract says of an edge; panics with every wrong answer.
///
/// `base` is scheme and host without a final slash.
pub(crate) async fn edge_contract(base: &str) {
    let edge = Edge::new(base).await;
    let mut wrong = Vec::new();
    for case in CASES.iter().flat_map(|(_, cases)| *cases) {
        wrong.extend(edge.wrong(case).await);
    }
    for path in NOT_REACHED {
        let (status, answer) = edge.raw(path).await;
        if !(400..500).contains(&status) || answer.contains("root:") || answer.contains("editions") {
            wrong.push(format!("{path} answers {status}: {answer:.200}"));
        }
    }
    assert!(wrong.is_empty(), "{base} breaks the contract:\n{}", wrong.join("\n"));
}

/// Something that answers for a site.
struct Edge {
    base: String,
    client: Client,
    /// A page that shows styles, scripts and pictures.
    listing: String,
}

impl Edge {
    async fn new(base: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_gzip().build().unwrap();
        let mut edge = Self { base: base.to_owned(), client, listing: String::new() };
        edge.listing = edge.ask("GET", LISTING, &[]).await.text();
        edge
    }

    /// What is wrong with the answer to a case, a line each.
    async fn wrong(&self, case: &Case) -> Vec<String> {
        let path = self.filled(case.path);
        let coding = case.with.iter().filter(|(name, _)| *name == "accept-encoding");
        let coding: Vec<(&str, String)> = coding.map(|(name, value)| (*name, (*value).to_owned())).collect();
        let tag = match case.uses_the_tag() {
            true => self.ask("GET", &path, &coding).await.header("etag").unwrap_or_default().to_owned(),
            false => String::new(),
        };
        let fill = |text: &str| text.replace("{tag}", &tag);
        let with: Vec<(&str, String)> = case.with.iter().map(|(name, value)| (*name, fill(value))).collect();
        let answer = self.ask(case.method, &path, &with).await;
        let wants = case.like.iter().flat_map(|like| like.wants).chain(SAFE.wants).chain(case.wants);
        let mut wrong: Vec<String> =
            wants.filter_map(|want| want.missing(&answer, &self.base, &fill)).collect();
        if answer.status != case.status {
            wrong.insert(0, format!("status {}, and not {}", case.status, answer.status));
        }
        let asked = format!("{} {path} {with:?}", case.method);
        wrong.into_iter().map(|what| format!("{asked}: wants {what}")).collect()
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, String)]) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// Status and answer of a path exactly as written; clients would tidy it up first.
    async fn raw(&self, path: &str) -> (u16, String) {
        let host = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        (status, answer)
    }

    fn filled(&self, path: &str) -> String {
        let first = |begin: &str, end: &str| address(&self.listing, begin, end).to_owned();
        match path {
            "{style}" => first("/assets/", ".css"),
            "{script}" => first("/assets/", ".js"),
            "{picture}" => first("/media/", ".jpg"),
            path => path.to_owned(),
        }
    }
}

impl Case {
    fn uses_the_tag(&self) -> bool {
        let in_header = self.with.iter().any(|(_, value)| value.contains("{tag}"));
        in_header || self.wants.iter().any(|want| matches!(want, Want::Is(_, "{tag}")))
    }
}

/// The first address of a page that begins and ends so.
fn address<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let addresses = page.match_indices(begin).map(|(at, _)| &page[at..]);
    let whole = |rest: &'a str| &rest[..rest.find(['"', ' ', ',']).unwrap_or(rest.len())];
    addresses.map(whole).find(|address| address.ends_with(end)).unwrap()
}
