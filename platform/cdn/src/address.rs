//! How addresses are written: as browsers ask for them, and in the one form an edge keeps them under.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Unsafe by RFC 1738, which CloudFront wants encoded, without `%` and `~`: browsers send `~` as it is. A star would
/// be a wildcard; `?` and `#` would end the path.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'*')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Everything but what RFC 3986 calls unreserved, and the slash.
const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A path as browsers send it. What is percent-encoded already stays, with capital digits; a lone `%` is encoded.
pub(crate) fn as_asked(path: &str) -> String {
    let mut asked = String::with_capacity(path.len());
    let mut parts = path.split('%');
    asked.extend(parts.next().map(|first| utf8_percent_encode(first, UNSAFE)).into_iter().flatten());
    for part in parts {
        match part.split_at_checked(2) {
            Some((digits, rest)) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                asked.push('%');
                asked.push_str(&digits.to_ascii_uppercase());
                asked.extend(utf8_percent_encode(rest, UNSAFE));
            }
            _ => {
                asked.push_str("%25");
                asked.extend(utf8_percent_encode(part, UNSAFE));
            }
        }
    }
    asked
}

/// The one spelling under which `infra/docker/varnish/default.vcl` keeps an address.
pub(crate) fn canonical(path: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(path).collect();
    percent_encoding::percent_encode(&bytes, RESERVED).to_string()
}

/// The target of a redirect as it may stand in a header and in a VCL string.
pub(crate) fn target(to: &str) -> String {
    const UNSPEAKABLE: &AsciiSet = &CONTROLS.add(b' ').add(b'"');
    utf8_percent_encode(to, UNSPEAKABLE).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_written_as_browsers_ask_for_it() {
        for (given, asked) in [
            ("/de/p/cloud/", "/de/p/cloud/"),
            ("/jp/p/まくら/", "/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/"),
            ("/de/gr%c3%b6%C3%9fe/", "/de/gr%C3%B6%C3%9Fe/"),
            ("/de/100%/", "/de/100%25/"),
            ("/de/100%zz/%", "/de/100%25zz/%25"),
            ("/de/50%ö", "/de/50%25%C3%B6"),
            ("/a b/<c>/\"d\"/*", "/a%20b/%3Cc%3E/%22d%22/%2A"),
            ("/~anna/(1+1)='2'@x,y;z!$&:", "/~anna/(1+1)='2'@x,y;z!$&:"),
        ] {
            assert_eq!(as_asked(given), asked);
        }
    }

    #[test]
    fn the_edge_knows_one_spelling() {
        for given in ["/de/größe(1)/", "/de/gr%c3%b6%C3%9fe%281)/"] {
            assert_eq!(canonical(given), "/de/gr%C3%B6%C3%9Fe%281%29/");
        }
        assert_eq!(canonical("/%61-b.c_d~e/"), "/a-b.c_d~e/");
    }

    #[test]
    fn a_target_can_stand_in_a_header() {
        assert_eq!(target("/jp/まくら/?a=1#b"), "/jp/%E3%81%BE%E3%81%8F%E3%82%89/?a=1#b");
        assert_eq!(target("/a\r\nSet-Cookie: \"x\""), "/a%0D%0ASet-Cookie:%20%22x%22");
    }

    proptest! {
        #[test]
        fn writing_twice_changes_nothing_and_a_server_reads_the_same(path in "/\\PC{0,20}") {
            let asked = as_asked(&path);
            prop_assert!(asked.is_ascii());
            prop_assert_eq!(as_asked(&asked), asked.clone());
            prop_assert_eq!(canonical(&asked), canonical(&path));
            prop_assert_eq!(canonical(&canonical(&path)), canonical(&path));
        }
    }
}
