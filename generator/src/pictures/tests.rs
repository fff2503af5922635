use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fixture::{locale, media, page, read};

fn library(files: &[(&str, u32)]) -> ContentSet {
    let mut content = ContentSet::default();
    for (file, width) in files {
        content.media.insert((*file).to_owned(), media(file, *width, 500));
    }
    content.alts = read(json!({ "de": { "a.jpg": "Ein Bett" } }));
    content
}

fn showing(slot: Slot, chain: &[Locale]) -> Showing<'_> {
    Showing { slot, chain, name: "Cloud", eager: false }
}

/// Widths that a `srcset` names.
fn widths(srcset: &str) -> Vec<u32> {
    let sizes = srcset.split(", ").filter_map(|one| one.rsplit_once(' '));
    sizes.map(|(_, width)| width.trim_end_matches('w').parse().unwrap()).collect()
}

fn external(widths: &[u32]) -> MediaRef {
    let url = "https://cdn.example/a.jpg?w={width}";
    read(json!({ "url": url, "widths": widths, "width": 3000, "height": 2000, "alt": { "en": "A bed" } }))
}

proptest! {
    #[test]
    fn no_picture_is_shown_wider_than_its_original(original in 1u32..4000) {
        let content = library(&[("a.jpg", original)]);
        for slot in Slot::ALL {
            let picture = Pictures::new(&content).file("a.jpg", showing(slot, &[])).unwrap();
            let named = widths(&picture.sources[0].srcset);
            prop_assert!(!named.is_empty() && named.iter().all(|width| *width <= original), "{named:?}");
            prop_assert!(named.is_sorted_by(|a, b| a < b), "each width once: {named:?}");
        }
    }

    #[test]
    fn an_outside_service_is_asked_for_widths_it_has(
        served in proptest::collection::btree_set(1u32..4000, 1..6)
    ) {
        let served: Vec<u32> = served.into_iter().collect();
        let content = ContentSet::default();
        for slot in Slot::ALL {
            let picture = Pictures::new(&content).show(&external(&served), showing(slot, &[])).unwrap();
            let named = widths(&picture.srcset);
            prop_assert!(named.iter().all(|width| served.contains(width)), "{named:?} of {served:?}");
        }
    }
}

#[test]
fn alt_texts_come_down_the_chain_and_say_their_language() {
    let content = library(&[("a.jpg", 900)]);
    let pictures = Pictures::new(&content);
    let alt = |chain: &[Locale]| {
        let picture = pictures.file("a.jpg", showing(Slot::Card, chain)).unwrap();
        (picture.alt.into_owned(), picture.alt_lang.map(|lang| lang.into_owned()))
    };
    assert_eq!(alt(&[locale("de-CH"), locale("de")]), ("Ein Bett".into(), None));
    assert_eq!(alt(&[locale("fr"), locale("de")]), ("Ein Bett".into(), Some("de".into())));
    assert_eq!(alt(&[locale("fr")]), (String::new(), None));
}

#[test]
fn an_external_picture_without_alt_text_is_called_as_the_product() {
    let content = ContentSet::default();
    let pictures = Pictures::new(&content);
    let shown = |chain: &[Locale]| pictures.show(&external(&[400, 800]), showing(Slot::Card, chain)).unwrap();
    assert_eq!(shown(&[locale("de")]).alt, "Cloud");
    assert_eq!(shown(&[locale("en")]).alt, "A bed");
    assert!(shown(&[]).src.starts_with("https://cdn.example/a.jpg?w=400"));
    assert_eq!(shown(&[]).sources, [], "the service negotiates formats itself");
    assert!(pictures.show(&external(&[]), showing(Slot::Card, &[])).is_none());
}

#[test]
fn a_shared_page_names_its_picture_with_an_origin() {
    let content = library(&[("a.jpg", 5000)]);
    let pictures = Pictures::new(&content);
    let file = MediaRef::File("a.jpg".into());
    let image = pictures.social(&file, "https://shop.example", "Ein Bett").unwrap();
    assert!(image.url.starts_with("https://shop.example/media/"), "{}", image.url);
    assert_eq!(image.width, SOCIAL_WIDTH);
    let outside = pictures.social(&external(&[400, 800]), "https://shop.example", "").unwrap();
    assert_eq!(outside.url, "https://cdn.example/a.jpg?w=800");
    assert!(pictures.social(&MediaRef::File("none.jpg".into()), "https://shop.example", "").is_none());
}

#[test]
fn every_address_a_page_may_name_is_among_the_renditions() {
    let mut content = library(&[("a.jpg", 1000), ("hero.jpg", 3000)]);
    let home = page(1, "home", json!({ "kind": "home", "hero": "hero.jpg" }), json!({}));
    content.pages.insert(home.facts.name.clone(), home);
    let made: Vec<String> = renditions(&content).iter().map(|one| format!("/{}", one.path())).collect();
    let pictures = Pictures::new(&content);
    for file in ["a.jpg", "hero.jpg"] {
        for slot in Slot::ALL.into_iter().filter(|slot| *slot != Slot::Hero || file == "hero.jpg") {
            let picture = pictures.file(file, showing(slot, &[])).unwrap();
            let sets = picture.sources.iter().map(|source| &source.srcset).chain([&picture.srcset]);
            let named = sets.flat_map(|set| set.split(", ")).filter_map(|one| one.split(' ').next());
            for url in named.filter(|url| !url.is_empty()).chain([picture.src.as_ref()]) {
                assert!(made.iter().any(|path| path == url), "{url} in {slot:?}");
            }
        }
    }
}
