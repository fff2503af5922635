//! Headers that every answer of the site carries, as the CDN sends them.

use std::path::Path;

use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Of pages and everything whose address stays while its bytes change.
///
/// The CDN keeps such objects long and drops them when they are published anew. It is told so at its origin, not
/// here: an `s-maxage` that reached shoppers would let proxies on their way keep old prices.
pub(crate) const REVALIDATE: &str = "public, max-age=0, must-revalidate";
/// Of files named after their content: a year, which stands for always.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Of what stands in for something that is still being made.
pub(crate) const NO_STORE: &str = "no-store";

/// Scripts and styles come from the site's own files only; pictures may come from an image service over https.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=()";

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page.
    Html,
    /// A style sheet.
    Css,
    /// A script.
    Script,
    /// JSON.
    Json,
    /// A web manifest.
    Manifest,
    /// XML: sitemaps.
    Xml,
    /// Plain text: `robots.txt`.
    Text,
    /// A drawing.
    Svg,
    /// A picture.
    Avif,
    /// A picture.
    Jpeg,
    /// A picture.
    Png,
    /// A picture.
    Webp,
    /// An icon.
    Ico,
    /// A font.
    Woff2,
    /// Anything else, which browsers must not guess.
    Bytes,
}

impl Kind {
    /// By the end of the name.
    pub(crate) fn of(file: &Path) -> Self {
        match file.extension().and_then(|end| end.to_str()).unwrap_or_default() {
            "html" => Self::Html,
            "css" => Self::Css,
            "js" => Self::Script,
            "json" => Self::Json,
            "webmanifest" => Self::Manifest,
            "xml" => Self::Xml,
            "txt" => Self::Text,
            "svg" => Self::Svg,
            "avif" => Self::Avif,
            "jpg" | "jpeg" => Self::Jpeg,
            "png" => Self::Png,
            "webp" => Self::Webp,
            "ico" => Self::Ico,
            "woff2" => Self::Woff2,
            _ => Self::Bytes,
        }
    }

    /// Whether it is shown in a browser's window.
    pub(crate) fn is_page(self) -> bool {
        self == Self::Html
    }

    /// With the charset where there is one.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Css => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Json => "application/json",
            Self::Manifest => "application/manifest+json",
            Self::Xml => "application/xml; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Svg => "image/svg+xml",
            Self::Avif => "image/avif",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Ico => "image/x-icon",
            Self::Woff2 => "font/woff2",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// How long a file of the site may be kept.
pub(crate) fn cache_control(file: &Path, root: &Path) -> &'static str {
    let below = file.strip_prefix(root).unwrap_or(file);
    let top = below.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
    let named_after_content = file.file_name().and_then(|name| name.to_str()).is_some_and(holds_a_hash);
    if matches!(top, "assets" | "media") && named_after_content { IMMUTABLE } else { REVALIDATE }
}

/// `app.0a1b2c3d4e.css`, `0123456789abcdef.avif`
fn holds_a_hash(name: &str) -> bool {
    let is_hash = |part: &str| part.len() >= 10 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split(['.', '-']).any(is_hash)
}

/// Adds what protects shoppers on every answer.
pub(crate) fn secure(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_named_after_their_content_are_kept_for_long() {
        let root = Path::new("/site");
        let kept = |path: &str| cache_control(&root.join(path), root) == IMMUTABLE;
        assert!(kept("assets/app.0a1b2c3d4e.css"));
        assert!(kept("media/0123456789abcdef0123456789abcdef.avif"));
        assert!(!kept("assets/favicon.svg"));
        assert!(!kept("robots.txt"));
        assert!(!kept("de/p/0123456789abcdef/index.html"));
    }

    #[test]
    fn text_states_its_charset() {
        assert_eq!(Kind::of(Path::new("de/index.html")).content_type(), "text/html; charset=utf-8");
        assert_eq!(Kind::of(Path::new("sitemap.xml")).content_type(), "application/xml; charset=utf-8");
        assert_eq!(Kind::of(Path::new("what")).content_type(), "application/octet-stream");
    }
}
