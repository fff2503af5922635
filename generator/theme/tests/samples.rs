//! Every template is rendered with every sample, and the pages are held to what all pages promise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use vitrine_theme::samples::{self, Edition, Sample};
use vitrine_theme::views::{Head, Html, NotFoundPage, RedirectPage, ShellView};
use vitrine_theme::{Shell, Theme, ThemeError};

fn theme() -> Theme {
    Theme::embedded().unwrap()
}

fn pages() -> Vec<Sample> {
    let theme = theme();
    let render = |edition| samples::render(&theme, edition, &BTreeMap::new()).unwrap();
    Edition::ALL.into_iter().flat_map(render).collect()
}

fn shell(theme: &Theme, header: &str) -> Shell {
    let ids = theme.messages().templates.iter();
    let words = theme.words(&ids.map(|id| (id.clone(), id.clone())).collect()).unwrap();
    let view = ShellView {
        lang: "de-CH".into(),
        dir: "ltr".into(),
        country: "CH".into(),
        currency: "CHF".into(),
        store_name: "Nimbus".into(),
        home_url: "/ch-de/".into(),
        theme_color: "#fff".into(),
        og_locale: "de_CH".into(),
        manifest_url: Some("/ch-de/site.webmanifest".into()),
        header: Html::trusted(header),
        footer: Html::default(),
    };
    Shell::try_new(&view, &words).unwrap()
}

/// Values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_has_one_heading_its_language_and_its_landmarks() {
    for page in pages().iter().filter(|page| !page.name.ends_with("redirect")) {
        let Sample { name, edition, html } = page;
        let root = format!("<html lang=\"{}\" dir=\"{}\">", edition.lang(), edition.dir());
        assert!(html.starts_with("<!doctype html>\n") && html.contains(&root), "{name}");
        for once in ["<h1", "<main ", "<title>", "</html>"] {
            assert_eq!(html.matches(once).count(), 1, "{name}: {once}");
        }
        assert!(html.contains("<header class=\"top"), "{name}");
    }
}

#[test]
fn no_page_runs_or_styles_anything_inline() {
    for Sample { name, html, .. } in pages() {
        for banned in ["<style", " style=", " onclick=", "javascript:", "<script>"] {
            assert!(!html.contains(banned), "{name}: {banned}");
        }
    }
}

#[test]
fn data_is_escaped_and_fragments_are_not() {
    let pages = pages();
    let find = |end: &str| pages.iter().find(|page| page.name.ends_with(end)).unwrap();
    let bare = find("en/product-bare");
    assert!(bare.html.contains("<h1>&lt;b&gt;&amp;&quot;&#39;</h1>"), "{}", bare.html);
    let listing = &find("de/category").html;
    assert!(
        listing.contains("Marke &amp; Söhne &lt;GmbH&gt;") && listing.contains("<article class=\"card\">")
    );
    assert!(!listing.contains("&lt;article"));
}

#[test]
fn ids_are_unique_and_anchors_lead_to_them() {
    for Sample { name, html, .. } in pages() {
        let ids = values(&html, "id");
        let unique: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        for target in values(&html, "href").into_iter().filter_map(|href| href.strip_prefix('#')) {
            assert!(unique.contains(target), "{name}: #{target}");
        }
        for target in values(&html, "aria-labelledby") {
            assert!(unique.contains(target), "{name}: {target}");
        }
    }
}

#[test]
fn every_picture_reserves_its_space_and_says_what_it_shows() {
    for Sample { name, html, .. } in pages() {
        for tag in html.split("<img ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            for attribute in ["width=", "height=", "alt="] {
                assert!(tag.contains(attribute), "{name}: {tag}");
            }
        }
    }
}

#[test]
fn every_asset_a_page_names_exists() {
    let theme = theme();
    let paths: BTreeSet<_> = theme.assets().iter().map(|asset| asset.path.as_str()).collect();
    for Sample { name, html, .. } in pages() {
        for url in values(&html, "href").into_iter().chain(values(&html, "src")) {
            if url.starts_with("/assets/") {
                let path = url.split('#').next().unwrap();
                assert!(paths.contains(path), "{name}: {url}");
            }
        }
    }
}

#[test]
fn every_drawing_a_page_names_exists() {
    let theme = theme();
    let icons = theme.assets().iter().find(|asset| asset.path.contains("/icons.")).unwrap();
    let sprite = String::from_utf8(icons.bytes.clone()).unwrap();
    let ids: BTreeSet<_> = values(&sprite, "id").into_iter().collect();
    for Sample { name, html, .. } in pages() {
        for id in values(&html, "href").into_iter().filter_map(|url| url.split_once(".svg#")) {
            assert!(ids.contains(id.1), "{name}: {}", id.1);
        }
    }
}

#[test]
fn a_product_page_with_six_pictures_stays_small() {
    for page in pages().iter().filter(|page| page.name.ends_with("/product")) {
        // Arabic letters take two bytes, Japanese ones three; the limit is meant for Latin text.
        if matches!(page.edition, Edition::English | Edition::German) {
            assert!(page.html.len() <= 20 * 1024, "{}: {} bytes", page.name, page.html.len());
        }
    }
}

#[test]
fn templates_and_the_list_of_messages_agree() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let mut used = BTreeSet::from(["callout_tip", "callout_note", "callout_warning"].map(str::to_owned));
    for folder in ["", "parts", "fragments"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "html") {
                let source = std::fs::read_to_string(&path).unwrap();
                for rest in source.split(" t.").skip(1) {
                    used.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
                }
            }
        }
    }
    let listed: BTreeSet<_> = theme().messages().templates.iter().cloned().collect();
    assert_eq!(used, listed);
}

#[test]
fn letters_and_the_list_of_their_messages_agree() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/mail");
    let mut used = BTreeSet::new();
    for folder in ["", "parts"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let source = std::fs::read_to_string(&path).unwrap();
                for rest in source.split(" t.").skip(1) {
                    used.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
                }
            }
        }
    }
    let listed: BTreeSet<String> = theme().messages().letters.iter().cloned().collect();
    assert_eq!(used, listed);
}

#[test]
fn english_has_every_message_and_no_other() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/strings/en.ftl");
    let source = std::fs::read_to_string(path).unwrap();
    let given: BTreeSet<&str> = source
        .lines()
        .filter(|line| !line.starts_with([' ', '#']))
        .filter_map(|line| Some(line.split_once(" =")?.0))
        .collect();
    let theme = theme();
    assert_eq!(given, theme.messages().ids().collect());
}

#[test]
fn a_hash_follows_what_a_template_is_made_of() {
    let theme = theme();
    let folder = tempfile::tempdir().unwrap();
    copy(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates"), folder.path());
    let same = Theme::load(folder.path()).unwrap();
    assert_eq!(theme.hash_of("product.html"), same.hash_of("product.html"));

    std::fs::write(folder.path().join("parts/breadcrumb.html"), "<nav></nav>").unwrap();
    let changed = Theme::load(folder.path()).unwrap();
    assert_ne!(theme.hash_of("product.html"), changed.hash_of("product.html"));
    assert_eq!(theme.hash_of("home.html"), changed.hash_of("home.html"));

    std::fs::write(folder.path().join("assets/css/90-more.css"), "b{color:red}").unwrap();
    let styled = Theme::load(folder.path()).unwrap();
    assert_ne!(theme.hash_of("home.html"), styled.hash_of("home.html"));
    assert_eq!(theme.hash_of("fragments/card.html"), styled.hash_of("fragments/card.html"));
    assert_ne!(theme.asset_url("css"), styled.asset_url("css"));
}

#[test]
fn mistakes_in_templates_are_found_at_their_line() {
    let folder = tempfile::tempdir().unwrap();
    copy(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates"), folder.path());
    let broken = folder.path().join("redirect.html");
    std::fs::write(&broken, "<p>\n  {% if a %}\n  <b>\n").unwrap();
    let error = Theme::load(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("templates/redirect.html:"), "{error}");

    std::fs::write(&broken, "<p>\n  {% if true %}\n    {{ view.nothing }}\n  {% endif %}\n").unwrap();
    let theme = Theme::load(folder.path()).unwrap();
    let view = RedirectPage { url: "/".into(), canonical: "/".into(), label: "".into() };
    let error = theme.render(&shell(&theme, ""), &view, &mut Vec::new()).unwrap_err();
    assert!(matches!(&error, ThemeError::Invalid { line: 3, .. }), "{error}");
}

#[test]
fn a_buffer_serves_one_page_after_the_other() {
    let theme = theme();
    let shell = shell(&theme, "<header><b>Nimbus</b></header>");
    let page = |title: &'static str| NotFoundPage {
        head: Head { title: title.into(), ..Head::default() },
        ..NotFoundPage::default()
    };
    let mut out = Vec::new();
    theme.render(&shell, &page("first"), &mut out).unwrap();
    theme.render(&shell, &page("second"), &mut out).unwrap();
    let html = String::from_utf8(out).unwrap();
    assert!(html.contains("<title>second</title>") && !html.contains("first"));
    assert!(html.contains("<header><b>Nimbus</b></header>"));
    assert!(html.contains("<link rel=\"manifest\" href=\"/ch-de/site.webmanifest\">"));
}

#[test]
fn shells_differ_in_hash_when_anything_they_show_differs() {
    let theme = theme();
    assert_eq!(shell(&theme, "a").hash(), shell(&theme, "a").hash());
    assert_ne!(shell(&theme, "a").hash(), shell(&theme, "b").hash());
    let many: BTreeSet<_> = (0..8).map(|_| shell(&self::theme(), "a").hash()).collect();
    assert_eq!(many.len(), 1, "the hash does not depend on the run");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
