//! Plans: narrow, complete, within the budget.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn products(edition: &str, numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("/{edition}/p/product-{number}/")).collect()
}

fn told(paths: &[String], limits: &Limits) -> (Invalidation, Cost) {
    match plan(paths, limits) {
        Planned::Invalidate { what, cost } => (what, cost),
        Planned::Later => panic!("nothing is told"),
    }
}

fn cloudfront(used_paths: u64, allowed: u64) -> Limits {
    Limits { used_paths, allowed: Some(allowed), ..Limits::new(Price::CLOUDFRONT) }
}

#[test]
fn few_paths_are_named_as_the_cdn_sees_them() {
    let paths = ["/jp/p/まくら/", "/de/", "/de/", "/jp/p/%e3%81%be%e3%81%8f%e3%82%89/"].map(str::to_owned);
    let (what, cost) = told(&paths, &Limits::new(Price::CLOUDFRONT));
    assert_eq!(what.paths, ["/de/", "/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/"]);
    assert_eq!(what.prefixes, [""; 0]);
    assert_eq!(cost, Cost { paths: 2, microdollars: 0 });
    assert_eq!(told(&[], &Limits::new(Price::NOTHING)), (Invalidation::default(), Cost::default()));
}

#[test]
fn sixteen_products_are_one_wildcard() {
    let limits = Limits::new(Price::CLOUDFRONT);
    assert_eq!(told(&products("de", 0..15), &limits).0.len(), 15);
    let (what, cost) = told(&products("de", 0..16), &limits);
    assert_eq!(what, Invalidation::prefixes(["/de/p/"]));
    assert_eq!(cost.paths, 1);
}

#[test]
fn only_what_must_is_widened() {
    let mut paths = products("de", 0..100);
    paths.extend([
        "/de/".to_owned(),
        "/de/c/beds/".to_owned(),
        "/gb/p/one/".to_owned(),
        "/robots.txt".to_owned(),
    ]);
    let (what, _) = told(&paths, &Limits::new(Price::NOTHING));
    assert_eq!(what.prefixes, ["/de/p/"]);
    assert_eq!(what.paths, ["/de/", "/de/c/beds/", "/gb/p/one/", "/robots.txt"]);
}

#[test]
fn variants_are_named_again_when_a_wider_wildcard_made_room() {
    let mut paths = products("de", 0..50);
    paths.extend(["/gb/p/one/".to_owned(), "/gb/p/one/140x200/".to_owned()]);
    let (what, _) = told(&paths, &Limits::new(Price::NOTHING));
    assert_eq!(what.prefixes, ["/de/p/"]);
    assert_eq!(what.paths, ["/gb/p/one/", "/gb/p/one/140x200/"]);
}

#[test]
fn no_wildcard_is_wider_than_an_edition() {
    let editions: Vec<String> = (0..20).map(|number| format!("e{number:02}")).collect();
    let paths: Vec<String> = editions
        .iter()
        .flat_map(|edition| [products(edition, 0..3), vec![format!("/{edition}/c/beds/")]].concat())
        .collect();
    let (what, cost) = told(&paths, &Limits::new(Price::NOTHING));
    let bases: Vec<String> = editions.iter().map(|edition| format!("/{edition}/")).collect();
    assert_eq!(what.prefixes, bases);
    assert_eq!((what.paths.len(), cost.paths), (0, 20));
}

#[test]
fn paths_beyond_the_free_ones_cost_half_a_cent() {
    let paths = products("de", 0..10);
    let limits = |used_paths| Limits { used_paths, ..Limits::new(Price::CLOUDFRONT) };
    assert_eq!(told(&paths, &limits(990)).1.to_string(), "10 paths, $0.000");
    assert_eq!(told(&paths, &limits(995)).1.to_string(), "10 paths, $0.025");
    assert_eq!(told(&paths[..1], &limits(1_000_000)).1.to_string(), "1 path, $0.005");
    assert_eq!(Price::CLOUDFRONT.of_month(3_000), 10_000_000);
}

#[test]
fn where_few_are_allowed_wildcards_are_asked_for_earlier() {
    let paths = products("de", 0..10);
    assert_eq!(told(&paths, &cloudfront(1_000, 1_010)).0.paths.len(), 10);
    assert_eq!(told(&paths, &cloudfront(1_001, 1_010)).0, Invalidation::prefixes(["/de/p/"]));
    assert_eq!(told(&paths, &cloudfront(1_009, 1_010)).1.microdollars, 5_000);
    assert_eq!(plan(&paths, &cloudfront(1_010, 1_010)), Planned::Later);
    assert_eq!(plan(&paths, &cloudfront(1_011, 1_010)), Planned::Later);
}

#[test]
fn one_path_for_two_editions_is_all() {
    let paths = [products("de", 0..2), products("gb", 0..2)].concat();
    assert_eq!(told(&paths, &cloudfront(1_009, 1_010)).0, Invalidation::prefixes(["/"]));
    assert_eq!(told(&paths, &cloudfront(1_008, 1_010)).0, Invalidation::prefixes(["/de/p/", "/gb/p/"]));
}

#[test]
fn a_hundred_thousand_paths_are_planned_at_once() {
    let paths: Vec<String> =
        ["ae", "ch-fr", "de", "gb", "jp"].iter().flat_map(|edition| products(edition, 0..20_000)).collect();
    let (what, _) = told(&paths, &Limits::new(Price::CLOUDFRONT));
    assert_eq!(what.prefixes, ["/ae/p/", "/ch-fr/p/", "/de/p/", "/gb/p/", "/jp/p/"]);
}

fn a_path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just("p"),
        Just("c"),
        Just("größe"),
        Just("a%62c"),
        Just("x*y"),
        "[a-z]{1,3}".prop_map(|text| &*text.leak())
    ];
    let edition = prop_oneof![Just("de"), Just("gb"), Just("ch-fr")];
    let page =
        (edition, prop::collection::vec(segment, 0..4), any::<bool>()).prop_map(|(edition, parts, slash)| {
            let end = if slash || parts.is_empty() { "/" } else { "" };
            format!("/{}{end}", [vec![edition], parts].concat().join("/"))
        });
    prop_oneof![20 => page, 1 => Just("/".to_owned()), 1 => Just("/robots.txt".to_owned())]
}

proptest! {
    #[test]
    fn every_path_is_told_and_nothing_without_need(
        paths in prop::collection::vec(a_path(), 0..60),
        most in 1_usize..20,
    ) {
        let limits = Limits { most_paths: most, ..Limits::new(Price::NOTHING) };
        let (what, cost) = told(&paths, &limits);
        let asked: BTreeSet<String> = paths.iter().map(|path| address::as_asked(path)).collect();
        for path in &paths {
            prop_assert!(what.covers(path), "{path} is not in {what:?}");
        }
        prop_assert!(what.paths.iter().all(|path| asked.contains(path)));
        prop_assert_eq!(cost.paths, what.len() as u64);
        if asked.len() <= most {
            prop_assert!(what.prefixes.is_empty());
        }
        // Nothing is told twice.
        let told_alone = |path: &&String| !what.prefixes.iter().any(|prefix| path.starts_with(prefix.as_str()));
        prop_assert!(what.paths.iter().filter(told_alone).count() == what.paths.len());
        for prefix in &what.prefixes {
            let covered: Vec<&String> = asked.iter().filter(|path| path.starts_with(prefix.as_str())).collect();
            prop_assert!(covered.len() > 1 && prefix.len() > 1 && prefix.ends_with('/'), "{prefix}");
            prop_assert!(what.len() - 1 + covered.len() > most, "{prefix} is not needed in {what:?}");
        }
        // Too many only where nothing is left to share but the root.
        if what.len() > most {
            let tops: Vec<Option<&str>> = what.paths.iter().chain(&what.prefixes).map(|path| folder(path, 1)).collect();
            let distinct: BTreeSet<&str> = tops.iter().flatten().copied().collect();
            prop_assert_eq!(distinct.len(), tops.iter().flatten().count());
        }
    }

    #[test]
    fn no_more_is_told_than_is_allowed_and_all_of_it(
        paths in prop::collection::vec(a_path(), 1..40),
        used in 0_u64..1_100,
        allowed in 0_u64..1_100,
    ) {
        match plan(&paths, &cloudfront(used, allowed)) {
            Planned::Invalidate { what, cost } => {
                prop_assert!(used + cost.paths <= allowed);
                prop_assert!(paths.iter().all(|path| what.covers(path)));
            }
            Planned::Later => prop_assert!(used >= allowed),
        }
    }
}
