//! What a folder of pages answers, as the CDN in front of it would.
//!
//! [`respond`] is a function of the folder, its routing table and one question: no server, no state.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use vitrine_core::ContentHash;

use super::headers::{self, Kind};

/// What can't stand in a path of a `Location`.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'\\');

/// An old address and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Redirect {
    from: String,
    #[serde(default)]
    to: Option<String>,
    status: u16,
}

/// A language of a country and where its pages begin, as `site.json` lists them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct EditionEntry {
    /// ISO code, `DE`.
    pub(crate) country: String,
    /// Language and region, `de-DE`.
    pub(crate) locale: String,
    /// Base path, `/de/`.
    pub(crate) path: String,
}

#[derive(Default, Deserialize)]
struct SiteFile {
    editions: Vec<EditionEntry>,
}

/// What the generator says of a site besides its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Routing {
    redirects: BTreeMap<String, Redirect>,
    editions: Vec<EditionEntry>,
}

impl Routing {
    /// Reads the tables below `<root>/_vitrine/`; an absent one is empty.
    ///
    /// # Errors
    /// When a table can't be read or is not what the generator writes.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let redirects: Vec<Redirect> = table(&root.join("_vitrine/redirects.json"))?;
        let site: SiteFile = table(&root.join("_vitrine/site.json"))?;
        Ok(Self::new(redirects, site.editions))
    }

    fn new(redirects: Vec<Redirect>, editions: Vec<EditionEntry>) -> Self {
        let redirects = redirects
            .into_iter()
            .map(|redirect| (percent_decode_str(&redirect.from).decode_utf8_lossy().into_owned(), redirect))
            .collect();
        Self { redirects, editions }
    }

    /// The editions in the generator's order.
    pub(crate) fn editions(&self) -> &[EditionEntry] {
        &self.editions
    }

    fn redirect(&self, path: &str) -> Option<&Redirect> {
        self.redirects.get(path).or_else(|| {
            // Asked without the slash, the shopper is sent to the end at once rather than in two steps.
            let missing_slash = !path.ends_with('/');
            missing_slash.then(|| self.redirects.get(&format!("{path}/"))).flatten()
        })
    }

    /// Base path of the edition a path lies in, longest first; `/` outside all.
    fn nearest(&self, path: &str) -> &str {
        let inside = |base: &&str| path.starts_with(*base) || format!("{path}/") == **base;
        let bases = self.editions.iter().map(|edition| edition.path.as_str());
        bases.filter(inside).max_by_key(|base| base.len()).unwrap_or("/")
    }
}

fn table<T: serde::de::DeserializeOwned + Default>(file: &Path) -> io::Result<T> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error),
    }
}

/// A folder of pages that is being served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site<'a> {
    /// The folder.
    pub(crate) root: &'a Path,
    /// Its tables.
    pub(crate) routing: &'a Routing,
    /// Put before `</body>` of every page.
    pub(crate) script: &'a str,
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// Only GET and HEAD are answered.
    pub(crate) method: &'a Method,
    /// Path as it came, percent-encoded.
    pub(crate) path: &'a str,
    /// What stood behind the `?`.
    pub(crate) query: Option<&'a str>,
    /// `If-None-Match`
    pub(crate) known: Option<&'a str>,
}

/// The answer of a site, with the headers a shopper gets from the CDN.
pub(crate) fn respond(site: &Site<'_>, question: &Question<'_>) -> Response<Vec<u8>> {
    let mut response = match *question.method {
        Method::GET | Method::HEAD => read(site, question),
        _ => not_allowed(),
    };
    headers::secure(response.headers_mut());
    if question.method == Method::HEAD {
        response.body_mut().clear();
    }
    response
}

fn read(site: &Site<'_>, question: &Question<'_>) -> Response<Vec<u8>> {
    let Some(path) = decoded(question.path) else {
        return not_found(site, question.path);
    };
    if let Some(redirect) = site.routing.redirect(&path) {
        return redirected(site, &path, redirect, question.query);
    }
    let file = file_below(site.root, &path);
    if let Some(folder) =
        path.strip_suffix("index.html").filter(|folder| folder.ends_with('/') && file.is_file())
    {
        return moved(folder, question.query);
    }
    if !path.ends_with('/') && file.join("index.html").is_file() {
        return moved(&format!("{path}/"), question.query);
    }
    let file = if path.ends_with('/') { file.join("index.html") } else { file };
    match std::fs::read(&file) {
        Ok(bytes) => found(site, &file, bytes, question.known),
        Err(_) => not_found(site, &path),
    }
}

/// The path as text, if it can be one of a site: no empty, dotted or hidden part, nothing that ends a part early.
fn decoded(path: &str) -> Option<String> {
    let inner = path.strip_prefix('/')?;
    let mut whole = String::with_capacity(path.len());
    let mut parts = inner.split('/').peekable();
    while let Some(part) = parts.next() {
        let text: Cow<'_, str> = percent_decode_str(part).decode_utf8().ok()?;
        let last = parts.peek().is_none();
        let hidden = text.starts_with('.') && text != ".well-known";
        let private = whole.is_empty() && text.starts_with("_vitrine");
        if (text.is_empty() && !last) || hidden || private || text.contains(['/', '\\', '\0']) {
            return None;
        }
        whole.push('/');
        whole.push_str(&text);
    }
    Some(whole)
}

fn file_below(root: &Path, path: &str) -> PathBuf {
    let mut file = root.to_path_buf();
    file.extend(path.split('/').filter(|part| !part.is_empty()));
    file
}

fn found(site: &Site<'_>, file: &Path, mut bytes: Vec<u8>, known: Option<&str>) -> Response<Vec<u8>> {
    let kind = Kind::of(file);
    if kind.is_page() {
        bytes = with_script(bytes, site.script);
    }
    let tag = format!("W/\"{}\"", ContentHash::of(&bytes).hex());
    let mut response = if known.is_some_and(|known| matches(known, &tag)) {
        let mut unchanged = Response::new(Vec::new());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        filled(StatusCode::OK, kind, bytes)
    };
    let headers = response.headers_mut();
    put(headers, ETAG, &tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(headers::cache_control(file, site.root)));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn filled(status: StatusCode, kind: Kind, bytes: Vec<u8>) -> Response<Vec<u8>> {
    let length = bytes.len();
    let mut response = Response::new(bytes);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind.content_type()));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// Weak comparison (RFC 9110, 8.8.3.2): a page and its compressed form carry the same tag.
fn matches(known: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.split(',').any(|one| one.trim() == "*" || bare(one) == bare(tag))
}

fn with_script(mut page: Vec<u8>, script: &str) -> Vec<u8> {
    const END: &[u8] = b"</body>";
    let place = page.windows(END.len()).rposition(|window| window == END).unwrap_or(page.len());
    page.splice(place..place, script.bytes());
    page
}

fn redirected(site: &Site<'_>, path: &str, redirect: &Redirect, query: Option<&str>) -> Response<Vec<u8>> {
    let status = StatusCode::from_u16(redirect.status).unwrap_or(StatusCode::MOVED_PERMANENTLY);
    match &redirect.to {
        Some(to) => sent_to(status, to, query),
        None => error_page(site, path, StatusCode::GONE),
    }
}

fn moved(path: &str, query: Option<&str>) -> Response<Vec<u8>> {
    sent_to(StatusCode::PERMANENT_REDIRECT, &utf8_percent_encode(path, PATH).to_string(), query)
}

/// A redirect that keeps the query, unless the target has one of its own.
fn sent_to(status: StatusCode, target: &str, query: Option<&str>) -> Response<Vec<u8>> {
    // A target from a table is an address already: only what a header can't carry is encoded.
    let target = utf8_percent_encode(target, CONTROLS).to_string();
    let location = match query {
        Some(query) if !target.contains(['?', '#']) => format!("{target}?{query}"),
        _ => target,
    };
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    put(headers, LOCATION, &location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(headers::REVALIDATE));
    response
}

fn not_found(site: &Site<'_>, path: &str) -> Response<Vec<u8>> {
    error_page(site, path, StatusCode::NOT_FOUND)
}

/// The `404.html` of the nearest edition, or a line of text where no page was built.
fn error_page(site: &Site<'_>, path: &str, status: StatusCode) -> Response<Vec<u8>> {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let candidates = [site.routing.nearest(&path), "/"];
    let page =
        candidates.iter().find_map(|base| std::fs::read(file_below(site.root, base).join("404.html")).ok());
    let page = page.unwrap_or_else(|| {
        format!("<!doctype html><title>{status}</title><body><p>{status}</p></body>").into_bytes()
    });
    let mut response = filled(status, Kind::Html, with_script(page, site.script));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(headers::REVALIDATE));
    response
}

fn not_allowed() -> Response<Vec<u8>> {
    let mut response = filled(StatusCode::METHOD_NOT_ALLOWED, Kind::Text, b"only GET and HEAD\n".to_vec());
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// Sets a header whose value was made here; one that can't be sent is left out rather than failing the answer.
fn put(headers: &mut HeaderMap, name: axum::http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests;
