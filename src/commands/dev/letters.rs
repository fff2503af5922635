//! The letters that the dev server wrote, to look at.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vitrine_mail::{MessageId, Read};

use super::headers::{self, Kind};
use super::server::Served;

/// Where they are listed.
pub(crate) const ADDRESS: &str = "/__vitrine/mail/";
/// Letters listed at most.
const LISTED: usize = 200;
/// Letters have their styles inline, and do nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Lists the latest letters.
pub(crate) async fn list(State(served): State<Arc<Served>>) -> Response {
    match read_all(&served).await {
        Ok(letters) => answer(Kind::Html, page(&letters)),
        Err(error) => failed(&error),
    }
}

/// Shows one, as `html` or `text`.
pub(crate) async fn show(
    State(served): State<Arc<Served>>,
    Path((id, form)): Path<(String, String)>,
) -> Response {
    let Ok(id) = MessageId::try_new(&id) else { return StatusCode::NOT_FOUND.into_response() };
    match (served.letters.read(&id).await, form.as_str()) {
        (Err(error), _) => failed(&error),
        (Ok(Some(Read { html: Some(html), .. })), "html") => answer(Kind::Html, html),
        (Ok(Some(letter)), "text") => answer(Kind::Text, letter.text),
        (Ok(_), _) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn read_all(served: &Served) -> io::Result<Vec<(MessageId, Read)>> {
    let mut letters = Vec::new();
    for file in served.letters.list(LISTED).await? {
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let Ok(id) = MessageId::try_new(name) else { continue };
        if let Some(letter) = served.letters.read(&id).await? {
            letters.push((id, letter));
        }
    }
    Ok(letters)
}

fn page(letters: &[(MessageId, Read)]) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Letters</title></head>\n\
         <body style=\"margin:2rem;font:16px/1.5 system-ui,sans-serif\"><h1>Letters</h1>\n",
    );
    if letters.is_empty() {
        page.push_str("<p>None was written yet. An order writes the first.</p>\n");
    } else {
        page.push_str("<table cellpadding=\"6\"><thead><tr align=\"left\"><th>Written</th><th>To</th>");
        page.push_str("<th>Subject</th><th></th></tr></thead><tbody>\n");
    }
    for (id, letter) in letters {
        let [at, to, subject] =
            [&letter.at.to_rfc3339(), &letter.to, &letter.subject].map(|text| escaped(text));
        let _ = write!(page, "<tr><td>{at}</td><td>{to}</td><td dir=\"auto\">{subject}</td><td>");
        for form in letter.html.iter().map(|_| "html").chain(["text"]) {
            // A Message-ID has only characters that an address may have.
            let _ = write!(page, "<a href=\"{ADDRESS}{}/{form}\">{form}</a> ", id.as_str());
        }
        page.push_str("</td></tr>\n");
    }
    page.push_str(if letters.is_empty() { "</body></html>\n" } else { "</tbody></table></body></html>\n" });
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn answer(kind: Kind, body: String) -> Response {
    let mut response = body.into_response();
    let fields = response.headers_mut();
    headers::secure(fields);
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(kind.content_type()));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static(headers::NO_STORE));
    fields.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn failed(error: &io::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("the letters can't be read: {error}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use vitrine_core::Timestamp;

    use super::*;

    #[test]
    fn a_list_says_nothing_that_a_browser_runs() {
        assert!(page(&[]).contains("None was written yet"));
        let letter = Read {
            to: "<ada@example.com>".to_owned(),
            subject: "<script>alert(\"1\")</script> & more".to_owned(),
            at: Timestamp::from_ms(0),
            text: String::new(),
            html: Some(String::new()),
        };
        let shown = page(&[(MessageId::try_new("one@x").unwrap(), letter)]);
        assert!(!shown.contains("<script") && shown.contains("&lt;script&gt;"), "{shown}");
        assert!(shown.contains("href=\"/__vitrine/mail/one@x/html\""), "{shown}");
        assert!(shown.contains("href=\"/__vitrine/mail/one@x/text\""), "{shown}");
    }
}
