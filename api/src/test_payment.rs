//! Where the test provider recognises shoppers, as a bank's page would: two buttons, and back to the shop.

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use percent_encoding::percent_decode_str;
use vitrine_payment::{AttemptId, TestProvider};

use crate::extract::whole;
use crate::shop::Shopfront;
use crate::{Api, Code, Problem};

/// No script, no style, nothing from elsewhere; its form goes to itself.
const POLICY: &str = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Longest form: two short fields.
const FORM_BYTES: usize = 4_096;
/// Longest address to go back to, characters.
const BACK_CHARS: usize = 1_024;
/// Where a shopper goes who was not told where.
const HOME: &str = "/";

/// The page and its form.
pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/test-payment/{attempt}", get(ask).post(answer))
}

type Attempt = Result<Path<String>, PathRejection>;

/// `GET /test-payment/{attempt}?return=/de/..`: asks whether the shopper is to be recognised.
async fn ask(
    State(api): State<Api>,
    attempt: Attempt,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (front, provider, attempt) = waiting(&api, attempt)?;
    let back = back(field(query.as_deref().unwrap_or_default(), "return"));
    let account =
        provider.account(&front.store, &attempt).await.map_err(|error| Problem::internal(&error))?;
    let account = account.ok_or_else(|| Problem::new(Code::NotFound))?;
    let is_open = account.state == "requires_action";
    let back = escaped(&back);
    let body = match is_open {
        true => format!(
            "<p>A bank would ask here whether it is you who pays. Nobody pays anything.</p>\n<form method=\"post\">\n<input type=\"hidden\" name=\"return\" value=\"{back}\">\n\
             <button name=\"answer\" value=\"approve\">Approve</button>\n\
             <button name=\"answer\" value=\"decline\">Decline</button>\n</form>"
        ),
        false => {
            format!("<p>This payment waits for nothing.</p>\n<p><a href=\"{back}\">Back to the shop</a></p>")
        }
    };
    Ok(page(&body))
}

/// `POST /test-payment/{attempt}`: the shopper's answer, and back to the shop.
async fn answer(State(api): State<Api>, attempt: Attempt, request: Request) -> Result<Response, Problem> {
    let (front, provider, attempt) = waiting(&api, attempt)?;
    let bytes = whole(request, FORM_BYTES, &api).await?;
    let form = String::from_utf8_lossy(&bytes);
    let recognised = match field(&form, "answer").as_deref() {
        Some("approve") => true,
        Some("decline") => false,
        _ => return Err(Problem::new(Code::FieldInvalid).field("answer").detail("approve or decline")),
    };
    // Somebody who answers twice is sent on as well: the first answer counts.
    let heard = provider.authenticate(&front.store, &attempt, recognised).await;
    heard.map_err(|error| Problem::internal(&error))?;
    let back = back(field(&form, "return"));
    let location = HeaderValue::from_str(&back).map_err(|error| Problem::internal(&error))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}

/// The test provider, where it moves the money, and the attempt that is named.
fn waiting(api: &Api, attempt: Attempt) -> Result<(&Shopfront, &TestProvider, AttemptId), Problem> {
    let unknown = || Problem::new(Code::NotFound);
    let front = api.shop().ok_or_else(unknown)?;
    let provider = front.test.as_ref().ok_or_else(unknown)?;
    let Path(attempt) = attempt.map_err(|_| unknown())?;
    Ok((front, provider, AttemptId::try_new(&attempt).map_err(|_| unknown())?))
}

/// A field of a query or form; the first, if it is there more than once.
fn field(text: &str, name: &str) -> Option<String> {
    let found = text.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let spaced = found.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

/// A path of this very site in visible ASCII; whatever else is asked for leads to its beginning.
fn back(asked: Option<String>) -> String {
    let asked = asked.unwrap_or_default();
    // Browsers take `//host` and `/\host` for another site.
    let stays = asked.starts_with('/') && !asked.starts_with("//") && !asked.contains('\\');
    let is_plain = asked.len() <= BACK_CHARS && asked.bytes().all(|byte| byte.is_ascii_graphic());
    if stays && is_plain { asked } else { HOME.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Test payment</title>\n</head>\n<body>\n\
         <h1>Test payment</h1>\n{body}\n</body>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (headers, html).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shopper_only_goes_back_to_this_site() {
        assert_eq!(back(Some("/de/order/?a=b#c".to_owned())), "/de/order/?a=b#c");
        for elsewhere in [
            "",
            "de",
            "//evil.example/",
            "/\\evil.example",
            "https://evil.example/",
            "/a b",
            "/\r\nSet-Cookie:x",
        ] {
            assert_eq!(back(Some(elsewhere.to_owned())), "/", "{elsewhere:?}");
        }
        assert_eq!(back(Some(format!("/{}", "a".repeat(2_000)))), "/");
        assert_eq!(back(None), "/");
    }

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let form = "answer=approve&return=%2Fde%2Fa+b&answer=decline";
        assert_eq!(field(form, "answer").as_deref(), Some("approve"));
        assert_eq!(field(form, "return").as_deref(), Some("/de/a b"));
        assert_eq!(field(form, "ret"), None);
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
