# The edge in front of a folder or bucket of pages. What it must answer: docs/edge.md.
#
# `start` writes backends.vcl (where the pages and the API are) beside a copy of this file; tables.vcl (editions and
# old addresses) is made from the site by `vitrine_cdn::vcl`.
#
# A question may be asked of the origin several times (`restart`): as written, then as a folder, then for the page
# that says 404. X-Vitrine-Step says which time it is. Headers X-Vitrine-* never come from outside.
vcl 4.1;

import blob;
import purge;
import std;

include "backends.vcl";
include "tables.vcl";

sub vcl_recv {
    if (req.restarts == 0) {
        call vitrine_read;
        call vitrine_route;
    }
    call vitrine_key;
    # A fresh object or a new one. Only an origin that does not answer brings an old one back.
    if (req.http.X-Vitrine-Old) {
        set req.grace = 1d;
    } else {
        set req.grace = 0s;
    }
    set req.backend_hint = origin;
    return (hash);
}

# Takes the address apart: path in one canonical form, query, and the secret.
sub vitrine_read {
    unset req.http.X-Vitrine-Path;
    unset req.http.X-Vitrine-Query;
    unset req.http.X-Vitrine-Base;
    unset req.http.X-Vitrine-Below;
    unset req.http.X-Vitrine-Step;
    unset req.http.X-Vitrine-Key;
    unset req.http.X-Vitrine-Old;
    unset req.http.X-Vitrine-Status;
    unset req.http.X-Vitrine-Location;
    unset req.http.X-Vitrine-Asked;
    unset req.http.X-Vitrine-Known;
    unset req.http.X-Vitrine-Purged;
    if (req.http.X-Vitrine-Secret) {
        if (std.getenv("VITRINE_PURGE_SECRET") != "" &&
            req.http.X-Vitrine-Secret == std.getenv("VITRINE_PURGE_SECRET")) {
            set req.http.X-Vitrine-Known = "yes";
        }
        unset req.http.X-Vitrine-Secret;
    }
    set req.http.X-Vitrine-Step = "asked";
    set req.http.X-Vitrine-Query = regsub(req.url, "^[^?]*", "");
    set req.http.X-Vitrine-Path = regsub(req.url, "\?.*$", "");
    if (req.http.X-Vitrine-Path !~ "^/" || req.http.X-Vitrine-Path ~ "%(?![0-9A-Fa-f]{2})" ||
        req.http.X-Vitrine-Path ~ "(?i)%(?:2f|5c|00)" || req.http.X-Vitrine-Path ~ "\\|//") {
        set req.http.X-Vitrine-Step = "error";
    } else {
        # Everything is percent-encoded but letters, digits and -._~: one address, one object, one purge.
        set req.http.X-Vitrine-Path = regsuball(
            blob.transcode(encoded = req.http.X-Vitrine-Path, decoding = URL, encoding = URL, case = UPPER),
            "%2F", "/");
    }
    # Dotted, hidden and private parts are none of a site's.
    if (req.http.X-Vitrine-Path ~ "/\.(?!well-known(/|$))" || req.http.X-Vitrine-Path ~ "^/_vitrine") {
        set req.http.X-Vitrine-Step = "error";
    }
    call edge_edition;
}

# Decides what is not a question to the pages.
sub vitrine_route {
    if (req.method == "PURGE" || req.method == "BAN") {
        if (!req.http.X-Vitrine-Known) {
            return (synth(403));
        }
        if (req.method == "BAN") {
            if (req.http.X-Vitrine-Ban !~ "^\^/[A-Za-z0-9%/_~\[\].-]*$") {
                return (synth(400));
            }
            ban("obj.http.X-Vitrine-Key ~ " + req.http.X-Vitrine-Ban);
            return (synth(200, "Banned"));
        }
        call vitrine_key;
        # With no old object to be had it waits for one that is on its way, and drops that too.
        set req.grace = 0s;
        return (hash);
    }
    if (req.http.X-Vitrine-Step != "error" && (req.http.X-Vitrine-Path ~ "^/api(/|$)" ||
        req.http.X-Vitrine-Below ~ "^(cart|checkout|orders)(/|$)")) {
        set req.backend_hint = api;
        return (pass);
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405));
    }
    if (req.http.X-Vitrine-Step != "error") {
        call vitrine_old_address;
    }
    if (req.http.X-Vitrine-Step == "error" && !req.http.X-Vitrine-Status) {
        set req.http.X-Vitrine-Status = "404";
    }
}

# Old addresses: those of the table, also when asked without the slash at their end.
sub vitrine_old_address {
    set req.http.X-Vitrine-Asked = req.http.X-Vitrine-Path;
    call edge_redirect;
    if (!req.http.X-Vitrine-Status && req.http.X-Vitrine-Asked !~ "/$") {
        set req.http.X-Vitrine-Asked = req.http.X-Vitrine-Path + "/";
        call edge_redirect;
    }
    if (req.http.X-Vitrine-Status == "410") {
        set req.http.X-Vitrine-Step = "error";
    } elsif (req.http.X-Vitrine-Status) {
        return (synth(701));
    }
}

# The object's key with a slash before it: `/de/` is `/de/index.html`.
sub vitrine_key {
    if (req.http.X-Vitrine-Step == "error") {
        set req.http.X-Vitrine-Key = req.http.X-Vitrine-Base + "404.html";
    } elsif (req.http.X-Vitrine-Step == "error of the site") {
        set req.http.X-Vitrine-Key = "/404.html";
    } elsif (req.http.X-Vitrine-Step == "folder") {
        set req.http.X-Vitrine-Key = req.http.X-Vitrine-Path + "/index.html";
    } else {
        set req.http.X-Vitrine-Key = regsub(req.http.X-Vitrine-Path, "/$", "/index.html");
    }
    if (req.http.X-Vitrine-Step ~ "^error") {
        unset req.http.If-None-Match;
        unset req.http.If-Modified-Since;
        unset req.http.Range;
    }
}

# Neither host nor query: every node can be told to forget by any of its names, and a query makes no new object.
sub vcl_hash {
    hash_data(req.http.X-Vitrine-Key);
    return (lookup);
}

# Soft, so that the old page is still there should the origin be gone.
sub vitrine_purge {
    if (req.method == "PURGE") {
        set req.http.X-Vitrine-Purged = purge.soft(0s, 1d, 0s);
        return (synth(200, "Purged"));
    }
}

sub vcl_hit {
    call vitrine_purge;
}

sub vcl_miss {
    call vitrine_purge;
}

sub vcl_backend_fetch {
    if (bereq.uncacheable) {
        # The API knows none of our names.
        unset bereq.http.X-Vitrine-Path;
        unset bereq.http.X-Vitrine-Query;
        unset bereq.http.X-Vitrine-Base;
        unset bereq.http.X-Vitrine-Below;
        unset bereq.http.X-Vitrine-Step;
        unset bereq.http.X-Vitrine-Known;
        return (fetch);
    }
    set bereq.url = std.getenv("VITRINE_ORIGIN_PREFIX") + bereq.http.X-Vitrine-Key;
    # A bucket is chosen by the host's name: it must be the origin's own (`.host_header` in backends.vcl).
    unset bereq.http.Host;
    unset bereq.http.Cookie;
    unset bereq.http.Authorization;
    # Always the whole object: an origin whose tags are times of the clock would keep us at the old one.
    unset bereq.http.If-None-Match;
    unset bereq.http.If-Modified-Since;
    return (fetch);
}

sub vcl_backend_response {
    if (bereq.uncacheable) {
        return (deliver);
    }
    if (beresp.status == 200) {
        call vitrine_keep;
        return (deliver);
    }
    if (beresp.status < 500 && beresp.status != 429 && beresp.status != 408) {
        # A folder server sends `/de` on, a bucket that may not be listed says 403: the key is not there.
        set beresp.status = 404;
        set beresp.uncacheable = true;
        set beresp.ttl = 1s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        return (deliver);
    }
    if (bereq.retries < 2) {
        return (retry);
    }
    return (abandon);
}

sub vcl_backend_error {
    if (bereq.uncacheable) {
        set beresp.http.Content-Type = "application/problem+json";
        set beresp.http.Cache-Control = "no-store";
        set beresp.http.Retry-After = "5";
        set beresp.body = """{"type":"about:blank","status":503,"title":"Service Unavailable"}""";
        return (deliver);
    }
    if (bereq.retries < 1) {
        return (retry);
    }
    return (abandon);
}

# A page as the shopper gets it.
sub vitrine_keep {
    # Pages are dropped when they are published anew; the end is for a message that got lost.
    set beresp.ttl = 7d;
    set beresp.grace = 1d;
    set beresp.keep = 0s;
    # A message to drop it may have passed while the origin was slow to answer (vitrine_cdn::AGAIN).
    if (beresp.time - bereq.time > 500ms) {
        set beresp.ttl = 5s;
    }
    set beresp.http.X-Vitrine-Key = bereq.http.X-Vitrine-Key;
    unset beresp.http.Set-Cookie;
    unset beresp.http.Expires;
    unset beresp.http.Vary;
    call vitrine_kind;
    if (beresp.http.Content-Type ~ "^(text/|application/(json|manifest|xml)|image/svg)") {
        set beresp.do_gzip = true;
        set beresp.http.Vary = "Accept-Encoding";
    }
    if (bereq.http.X-Vitrine-Key ~ "^/(assets|media)/(.*/)?([^/]*[.-])?[0-9a-fA-F]{10,}([.-][^/]*)?$") {
        set beresp.http.Cache-Control = "public, max-age=31536000, immutable";
    } else {
        set beresp.http.Cache-Control = "public, max-age=0, must-revalidate";
    }
}

# By the end of the name, whatever the origin thinks.
sub vitrine_kind {
    if (bereq.http.X-Vitrine-Key ~ "\.html$") {
        set beresp.http.Content-Type = "text/html; charset=utf-8";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.css$") {
        set beresp.http.Content-Type = "text/css; charset=utf-8";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.js$") {
        set beresp.http.Content-Type = "text/javascript; charset=utf-8";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.json$") {
        set beresp.http.Content-Type = "application/json";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.webmanifest$") {
        set beresp.http.Content-Type = "application/manifest+json";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.xml$") {
        set beresp.http.Content-Type = "application/xml; charset=utf-8";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.txt$") {
        set beresp.http.Content-Type = "text/plain; charset=utf-8";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.svg$") {
        set beresp.http.Content-Type = "image/svg+xml";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.avif$") {
        set beresp.http.Content-Type = "image/avif";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.jpe?g$") {
        set beresp.http.Content-Type = "image/jpeg";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.png$") {
        set beresp.http.Content-Type = "image/png";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.webp$") {
        set beresp.http.Content-Type = "image/webp";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.ico$") {
        set beresp.http.Content-Type = "image/x-icon";
    } elsif (bereq.http.X-Vitrine-Key ~ "\.woff2$") {
        set beresp.http.Content-Type = "font/woff2";
    } else {
        set beresp.http.Content-Type = "application/octet-stream";
    }
}

sub vcl_deliver {
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    unset resp.http.Server;
    if (req.backend_hint == api) {
        return (deliver);
    }
    call vitrine_step;
    call vitrine_tidy;
    call vitrine_secure;
    return (deliver);
}

# What an answer of the origin means for the question.
sub vitrine_step {
    if (req.http.X-Vitrine-Step == "asked") {
        if (resp.status == 200 && req.http.X-Vitrine-Path ~ "/index\.html$") {
            set req.http.X-Vitrine-Location = regsub(req.http.X-Vitrine-Path, "index\.html$", "");
            return (synth(708));
        }
        if (resp.status == 404) {
            if (req.http.X-Vitrine-Path ~ "/$") {
                set req.http.X-Vitrine-Step = "error";
                set req.http.X-Vitrine-Status = "404";
            } else {
                set req.http.X-Vitrine-Step = "folder";
            }
            return (restart);
        }
    } elsif (req.http.X-Vitrine-Step == "folder") {
        if (resp.status == 200) {
            set req.http.X-Vitrine-Location = req.http.X-Vitrine-Path + "/";
            return (synth(708));
        }
        set req.http.X-Vitrine-Step = "error";
        set req.http.X-Vitrine-Status = "404";
        return (restart);
    } elsif (resp.status == 200) {
        set resp.status = std.integer(req.http.X-Vitrine-Status, 404);
        unset resp.http.ETag;
        unset resp.http.Last-Modified;
    } elsif (req.http.X-Vitrine-Step == "error" && req.http.X-Vitrine-Base != "/") {
        set req.http.X-Vitrine-Step = "error of the site";
        return (restart);
    } else {
        return (synth(std.integer(req.http.X-Vitrine-Status, 404)));
    }
}

# What the store says of an object is not for shoppers.
sub vitrine_tidy {
    if (obj.hits > 0) {
        set resp.http.X-Cache = "HIT";
    } else {
        set resp.http.X-Cache = "MISS";
    }
    unset resp.http.X-Vitrine-Key;
    unset resp.http.x-amz-request-id;
    unset resp.http.x-amz-id-2;
    unset resp.http.x-amz-version-id;
    unset resp.http.x-amz-server-side-encryption;
    unset resp.http.x-amz-meta-hash;
    unset resp.http.x-amz-meta-tags;
}

# The same words as src/commands/dev/headers.rs; the contract suite compares them.
sub vitrine_secure {
    set resp.http.X-Content-Type-Options = "nosniff";
    set resp.http.Referrer-Policy = "strict-origin-when-cross-origin";
    set resp.http.Content-Security-Policy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
        "img-src 'self' data: https:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    set resp.http.Permissions-Policy = "camera=(), geolocation=(), microphone=()";
    set resp.http.Cross-Origin-Opener-Policy = "same-origin";
}

sub vcl_synth {
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    unset resp.http.Server;
    # The origin does not answer: an old page is better than none.
    if (resp.status == 503 && !req.http.X-Vitrine-Old && req.http.X-Vitrine-Key) {
        set req.http.X-Vitrine-Old = "yes";
        return (restart);
    }
    call vitrine_secure;
    set resp.http.Cache-Control = "no-store";
    if (resp.status == 701 || resp.status == 708) {
        call vitrine_send_on;
        return (deliver);
    }
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    if (resp.status == 405) {
        set resp.http.Allow = "GET, HEAD";
        set resp.body = {"only GET and HEAD
"};
        return (deliver);
    }
    if (resp.status == 503) {
        set resp.http.Retry-After = "5";
    }
    if (req.http.X-Vitrine-Purged) {
        set resp.http.X-Purged = req.http.X-Vitrine-Purged;
    }
    set resp.body = "" + resp.status + " " + resp.reason + {"
"};
    return (deliver);
}

# A redirect keeps the query, unless its target has one of its own.
sub vitrine_send_on {
    if (resp.status == 701) {
        set resp.status = std.integer(req.http.X-Vitrine-Status, 301);
    } else {
        set resp.status = 308;
    }
    set resp.http.Cache-Control = "public, max-age=0, must-revalidate";
    set resp.http.Location = req.http.X-Vitrine-Location;
    if (req.http.X-Vitrine-Query && req.http.X-Vitrine-Location !~ "[?#]") {
        set resp.http.Location = req.http.X-Vitrine-Location + req.http.X-Vitrine-Query;
    }
    set resp.body = "";
}
