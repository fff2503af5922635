//! What the tables say; that Varnish understands them is tested with Varnish.

use super::*;

const SITE: &[u8] = br#"{"store":"nimbus","editions":[
    {"country":"DE","path":"/de/"},{"country":"CH","path":"/de/ch/"},{"country":"JP","path":"/v1.2/"}]}"#;

#[test]
fn editions_are_found_by_the_longest_base() {
    let text = tables(b"[]", SITE).unwrap();
    let places: Vec<usize> =
        ["\"^/de/ch(/|$)\"", "\"^/v1[.]2(/|$)\"", "\"^/de(/|$)\"", "X-Vitrine-Base = \"/\""]
            .iter()
            .map(|part| text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}")))
            .collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.contains("X-Vitrine-Below = \"\""), "outside the editions nothing is dynamic: {text}");
    assert!(text.ends_with("sub edge_redirect {\n}\n"), "{text}");
}

#[test]
fn an_edition_at_the_root_has_everything_else() {
    let text = tables(b"[]", br#"{"editions":[{"path":"/"},{"path":"/fr/"}]}"#).unwrap();
    assert!(text.contains("X-Vitrine-Below = regsub(req.http.X-Vitrine-Path, \"^/?\", \"\")"), "{text}");
}

#[test]
fn entries_are_written_in_the_spelling_of_the_edge() {
    let redirects = r#"[{"from":"/jp/p/ふるい/","to":"/jp/p/まくら/","status":301},
        {"from":"/de/alt(1).html","to":"https://example.org/?a=1","status":302},
        {"from":"/de/aktion/","status":410},
        {"from":"/de/boese/","to":"/x\" + \r\n\"","status":700}]"#;
    let text = tables(redirects.as_bytes(), SITE).unwrap();
    for entry in [
        "/jp/p/%E3%81%B5%E3%82%8B%E3%81%84/>301>/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/",
        "/de/alt%281%29.html>302>https://example.org/?a=1",
        "/de/aktion/>410> ",
        "/de/boese/>301>/x%22%20+%20%0D%0A%22",
    ] {
        assert!(text.contains(entry), "{entry} is not in {text}");
    }
}

#[test]
fn many_entries_are_spread_over_texts_and_none_is_lost() {
    let from = |number: u32| format!("/de/p/product-{}/", number * 7_919 % 1_000_003);
    let rows: Vec<String> = (0..5_000)
        .map(|number| format!(r#"{{"from":"{}","to":"/de/p/{number}/","status":301}}"#, from(number)))
        .collect();
    let text = tables(format!("[{}]", rows.join(",")).as_bytes(), SITE).unwrap();
    let texts: Vec<&str> = text.lines().filter(|line| line.contains("X-Vitrine-Table = \"")).collect();
    assert!(texts.len() > 20 && texts.iter().all(|line| line.len() < LONGEST_TEXT + 100));
    let mut entries: Vec<String> = texts
        .iter()
        .flat_map(|line| line.split('"').nth(1).unwrap_or_default().split(' '))
        .map(str::to_owned)
        .collect();
    let mut given: Vec<String> =
        (0..5_000).map(|number| format!("{}>301>/de/p/{number}/", from(number))).collect();
    entries.sort();
    given.sort();
    assert_eq!(entries, given);
    let called = text.matches("call edge_redirect_").count();
    assert_eq!(called, text.matches("sub edge_redirect_").count(), "Varnish refuses what nobody calls");
}

#[test]
fn an_address_that_begins_another_is_chosen_for_itself() {
    let long = "x".repeat(LONGEST_ADDRESS - 100);
    let row = |from: &str| format!(r#"{{"from":"{from}","to":"/{long}","status":301}}"#);
    let rows = [row("/a"), row("/a/"), row("/a/b"), row("/a/c")].join(",");
    let text = tables(format!("[{rows}]").as_bytes(), SITE).unwrap();
    assert!(text.contains("~ \"^/a$\"") && text.contains("~ \"^/a/\""), "{}", text.replace(&long, "x"));
}

#[test]
fn what_the_generator_does_not_write_is_named() {
    for (redirects, site, said) in [
        (
            &b"{}"[..],
            SITE,
            "_vitrine/redirects.json: invalid type: map, expected a sequence at line 1 column 0",
        ),
        (b"[]", b"[", "_vitrine/site.json: EOF while parsing a list at line 1 column 1"),
        (
            b"[]",
            br#"{"editions":[{"path":"de"}]}"#,
            "_vitrine/site.json: the path of an edition is 'de'; it must begin and end with a slash",
        ),
        (
            br#"[{"from":"de","status":410}]"#,
            SITE,
            "_vitrine/redirects.json: 'de' must begin with a slash and be no longer than 4000 bytes",
        ),
    ] {
        let error = tables(redirects, site).unwrap_err();
        assert_eq!(error.to_string(), said);
        assert!(!error.is_transient());
    }
}
