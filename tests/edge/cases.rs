//! The table of the contract: what is asked and what every edge answers. The site behind it is the shipped shop.

use super::wants::Want::{self, Empty, Has, Is, Lacks, Leads, OneOf, Present, Says};

/// A question and its answer. `{...}` in a path or header is filled in from the site: `{style}`, `{script}`,
/// `{picture}` are the first of a listing's, `{tag}` is the tag that the same address has.
pub(crate) struct Case {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) with: &'static [(&'static str, &'static str)],
    pub(crate) status: u16,
    /// Named lists of wants.
    pub(crate) like: &'static [&'static Like],
    pub(crate) wants: &'static [Want],
}

/// What many answers have in common.
pub(crate) struct Like {
    pub(crate) name: &'static str,
    pub(crate) wants: &'static [Want],
}

/// Of every answer, whatever its status.
pub(crate) const SAFE: Like = Like {
    name: "every answer",
    wants: &[
        Is("x-content-type-options", "nosniff"),
        Is("referrer-policy", "strict-origin-when-cross-origin"),
        Is("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        Is("cross-origin-opener-policy", "same-origin"),
        Is(
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
        Lacks("set-cookie"),
        Lacks("x-amz-version-id"),
    ],
};

/// Of pages: browsers ask again each time; only the CDN keeps them.
const PAGE: Like = Like {
    name: "a page",
    wants: &[
        Is("content-type", "text/html; charset=utf-8"),
        Is("cache-control", "public, max-age=0, must-revalidate"),
        Present("etag"),
    ],
};

/// Of files whose name changes with their content.
const FOREVER: Like = Like {
    name: "kept for ever",
    wants: &[Is("cache-control", "public, max-age=31536000, immutable"), Present("etag")],
};

/// Of files that keep their name.
const FILE: Like = Like {
    name: "a file",
    wants: &[Is("cache-control", "public, max-age=0, must-revalidate"), Present("etag")],
};

/// Of answers for addresses without a page.
const ERROR: Like = Like {
    name: "an error page",
    wants: &[Is("cache-control", "public, max-age=0, must-revalidate"), Lacks("etag"), Lacks("location")],
};

/// Of redirects.
const MOVED: Like =
    Like { name: "a redirect", wants: &[Is("cache-control", "public, max-age=0, must-revalidate"), Empty] };

const fn case(method: &'static str, path: &'static str, status: u16) -> Case {
    Case { method, path, with: &[], status, like: &[], wants: &[] }
}

const fn get(path: &'static str, status: u16) -> Case {
    case("GET", path, status)
}

const fn page(path: &'static str, wants: &'static [Want]) -> Case {
    Case { like: &[&PAGE], wants, ..get(path, 200) }
}

const fn known(method: &'static str, with: &'static [(&'static str, &'static str)], status: u16) -> Case {
    Case { with, wants: &[Present("etag")], ..case(method, "/de/", status) }
}

const fn moved(method: &'static str, path: &'static str, status: u16, wants: &'static [Want]) -> Case {
    Case { like: &[&MOVED], wants, ..case(method, path, status) }
}

const fn error(path: &'static str, status: u16, wants: &'static [Want]) -> Case {
    Case { like: &[&ERROR], wants, ..get(path, status) }
}

const fn file(path: &'static str, like: &'static [&'static Like], wants: &'static [Want]) -> Case {
    Case { like, wants, ..get(path, 200) }
}

const fn refused(method: &'static str, path: &'static str) -> Case {
    Case { wants: &[Is("allow", "GET, HEAD")], ..case(method, path, 405) }
}

/// Every question with its answer, by what it is about.
pub(crate) const CASES: &[(&str, &[Case])] = &[
    (
        "Pages are kept until they change",
        &[
            page("/", &[Says("</html>")]),
            page("/de/", &[Says("lang=\"de-DE\"")]),
            page("/de/c/matratzen/", &[Says("</html>")]),
            page("/de/?utm_source=mail", &[Says("lang=\"de-DE\"")]),
            page("/jp/p/drift-%E6%9E%95/", &[Says("lang=\"ja-JP\"")]),
            page("/jp/p/drift-%e6%9e%95/", &[Says("lang=\"ja-JP\"")]),
            page("/%64e/", &[Says("lang=\"de-DE\"")]),
            Case { like: &[&PAGE], wants: &[Empty, Is("etag", "{tag}")], ..case("HEAD", "/de/", 200) },
            known("GET", &[("if-none-match", "{tag}")], 304),
            known("HEAD", &[("if-none-match", "{tag}")], 304),
            known("GET", &[("if-none-match", "\"other\"")], 200),
        ],
    ),
    (
        "Text is compressed for those who take it",
        &[
            Case {
                with: &[("accept-encoding", "gzip")],
                wants: &[Is("content-encoding", "gzip"), Has("vary", "accept-encoding")],
                ..get("/de/", 200)
            },
            Case {
                with: &[("accept-encoding", "br, gzip")],
                wants: &[OneOf("content-encoding", &["br", "gzip"]), Has("vary", "accept-encoding")],
                ..get("/de/", 200)
            },
            Case {
                with: &[("accept-encoding", "identity")],
                wants: &[Lacks("content-encoding"), Has("vary", "accept-encoding"), Says("</html>")],
                ..get("/de/", 200)
            },
            known("GET", &[("accept-encoding", "gzip"), ("if-none-match", "{tag}")], 304),
            Case {
                with: &[("accept-encoding", "gzip")],
                wants: &[Is("content-encoding", "gzip")],
                ..get("{style}", 200)
            },
        ],
    ),
    (
        "Addresses end in a slash",
        &[
            moved("GET", "/de", 308, &[Leads("/de/")]),
            moved("HEAD", "/de", 308, &[Leads("/de/")]),
            moved("GET", "/de?utm=a&b=c", 308, &[Leads("/de/?utm=a&b=c")]),
            moved("GET", "/de/index.html", 308, &[Leads("/de/")]),
            moved("GET", "/de/index.html?a=b", 308, &[Leads("/de/?a=b")]),
            moved("GET", "/index.html", 308, &[Leads("/")]),
            moved("GET", "/de/c/matratzen", 308, &[Leads("/de/c/matratzen/")]),
            moved("GET", "/jp/p/drift-%E6%9E%95", 308, &[Leads("/jp/p/drift-%E6%9E%95/")]),
        ],
    ),
    (
        "Old addresses lead on or are gone",
        &[
            moved("GET", "/de/matratzen-finder/", 301, &[Leads("/de/matratzenberater/")]),
            moved("HEAD", "/de/matratzen-finder/", 301, &[Leads("/de/matratzenberater/")]),
            moved("GET", "/de/matratzen-finder", 301, &[Leads("/de/matratzenberater/")]),
            moved("GET", "/de/matratzen-finder/?a=b", 301, &[Leads("/de/matratzenberater/?a=b")]),
            page("/de/matratzenberater/", &[Says("lang=\"de-DE\"")]),
            moved("GET", "/gb/shipping-costs/", 301, &[Leads("/gb/delivery/#costs")]),
            moved("GET", "/gb/shipping-costs/?a=b", 301, &[Leads("/gb/delivery/#costs")]),
            error("/de/sommeraktion-2025/", 410, &[Says("lang=\"de-DE\"")]),
            error("/de/sommeraktion-2025", 410, &[Says("lang=\"de-DE\"")]),
            Case { like: &[&ERROR], wants: &[Empty], ..case("HEAD", "/de/sommeraktion-2025/", 410) },
        ],
    ),
    (
        "Unknown addresses get the page of their edition",
        &[
            error("/de/gibt/es/nicht/", 404, &[Says("lang=\"de-DE\""), Has("content-type", "text/html")]),
            error("/de/gibt-es-nicht", 404, &[Says("lang=\"de-DE\"")]),
            error("/de/gibt-es-nicht.html", 404, &[Says("lang=\"de-DE\"")]),
            error("/de/%FF", 404, &[Says("lang=\"de-DE\"")]),
            error("/ch-fr/rien/", 404, &[Says("lang=\"fr-CH\"")]),
            Case { with: &[("if-none-match", "*")], ..error("/de/gibt/es/nicht/", 404, &[Says("</html>")]) },
            Case { with: &[("range", "bytes=0-9")], ..error("/de/gibt/es/nicht/", 404, &[Says("</html>")]) },
            Case { like: &[&ERROR], wants: &[Empty], ..case("HEAD", "/de/gibt/es/nicht/", 404) },
            get("/nowhere/", 404),
            get("/assets/app.0000000000.css", 404),
        ],
    ),
    (
        "Only reading is allowed",
        &[
            refused("POST", "/de/"),
            refused("PUT", "/de/"),
            refused("PATCH", "/de/"),
            refused("DELETE", "/de/"),
            refused("OPTIONS", "/de/"),
            refused("POST", "/de/matratzen-finder/"),
            refused("POST", "/de/gibt/es/nicht/"),
        ],
    ),
    (
        "Files have their types and lives",
        &[
            file("{style}", &[&FOREVER], &[Is("content-type", "text/css; charset=utf-8")]),
            file("{script}", &[&FOREVER], &[Is("content-type", "text/javascript; charset=utf-8")]),
            // The dev server shows the original while a picture is being encoded, not to be kept.
            file(
                "{picture}",
                &[],
                &[
                    Is("content-type", "image/jpeg"),
                    OneOf("cache-control", &["public, max-age=31536000, immutable", "no-store"]),
                ],
            ),
            file(
                "/robots.txt",
                &[&FILE],
                &[Is("content-type", "text/plain; charset=utf-8"), Says("Sitemap:")],
            ),
            file("/de/sitemap.xml", &[&FILE], &[Is("content-type", "application/xml; charset=utf-8")]),
            file("/de/manifest.webmanifest", &[&FILE], &[Is("content-type", "application/manifest+json")]),
        ],
    ),
];

/// Sent exactly as written, and answered with a status from 400 to 499 and nothing of the machine.
pub(crate) const NOT_REACHED: &[&str] = &[
    "/../../../../../../../../etc/passwd",
    "/de/../../../../../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/de/..%5c..%5cetc%5cpasswd",
    "//etc/passwd",
    "/de//",
    "/.git/config",
    "/de/.hidden/",
    "/de/%00",
    "/_vitrine/site.json",
    "/_vitrine/redirects.json",
    "/%5fvitrine/site.json",
];
