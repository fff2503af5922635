//! What stands in the `<head>` of pages: titles, alternates, OpenGraph.

use vitrine_core::Locale;
use vitrine_theme::Html;
use vitrine_theme::views::{
    AlternateLink, AlternatesView, Crumb, Head, OgImage, OpenGraph, Picture, Preload,
};

use super::Maker;
use crate::error::BuildError;
use crate::site::{Site, absolute};

/// Search engines show about this many characters of a title.
const TITLE_LENGTH: usize = 60;

/// What a page says of itself.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// Title without the store's name.
    pub title: String,
    /// For search engines.
    pub description: String,
    /// Path of the canonical page.
    pub path: String,
    /// `hreflang` links, rendered.
    pub alternates: Html,
    /// OpenGraph type.
    pub kind: &'static str,
    /// The picture shown when the page is shared.
    pub image: Option<OgImage<'static>>,
    /// Decimal amount of a product.
    pub price: Option<String>,
    /// Documents of structured data.
    pub json_ld: Vec<serde_json::Value>,
}

impl Maker<'_> {
    /// The head of a page that search engines may list.
    pub(crate) fn head(&self, about: About) -> Head<'static> {
        let store = &self.context.store.config.name;
        let named = format!("{} | {store}", about.title);
        let title = if named.chars().count() > TITLE_LENGTH || about.title.contains(store.as_str()) {
            about.title.clone()
        } else {
            named
        };
        Head {
            title: title.into(),
            description: about.description.clone().into(),
            canonical: Some(self.site.absolute(&about.path).into()),
            alternates: about.alternates,
            robots: None,
            og: Some(OpenGraph {
                kind: about.kind.into(),
                title: about.title.into(),
                description: about.description.into(),
                image: about.image,
                price: about.price.map(Into::into),
            }),
            json_ld: about.json_ld.iter().map(|document| Html::json(&document.to_string())).collect(),
            preload: None,
            prev: None,
            next: None,
        }
    }

    /// The `hreflang` links of a page: `path_in` tells where it stands in an edition.
    ///
    /// Every edition that has the page names the same set, so the links are reciprocal by construction.
    pub(crate) fn alternates(
        &self,
        x_default: Option<String>,
        path_in: impl Fn(Maker<'_>) -> Option<String>,
    ) -> Result<Html, BuildError> {
        let links = self.alternate_links(x_default, path_in).into_iter();
        let links = links.map(|(hreflang, url)| AlternateLink { hreflang: hreflang.into(), url: url.into() });
        self.fragment(&AlternatesView { links: links.collect() })
    }

    /// `(hreflang, absolute URL)` of a page in every edition that has it, and `x-default` last: the URL given, or
    /// the page in the store's default country, or in the first edition that has it.
    pub(crate) fn alternate_links(
        &self,
        x_default: Option<String>,
        path_in: impl Fn(Maker<'_>) -> Option<String>,
    ) -> Vec<(String, String)> {
        let found: Vec<(&Site, String)> = self
            .sites
            .iter()
            .filter_map(|site| Some((site, site.absolute(&path_in(self.for_site(site))?))))
            .collect();
        let default = self.context.store.config.default_country;
        let first = found.iter().find(|(site, _)| site.edition.country == default).or(found.first());
        let x_default = x_default.or_else(|| first.map(|(_, url)| url.clone()));
        let tagged = found.iter().map(|(site, url)| (site.edition.locale.as_str().to_owned(), url.clone()));
        tagged.chain(x_default.map(|url| ("x-default".to_owned(), url))).collect()
    }

    /// The chooser at the root is what a home page shows to those whose language no edition speaks.
    pub(crate) fn x_default_of(&self, page: &vitrine_content::Page) -> Option<String> {
        let default = self.context.store.config.default_country;
        let keeper = self.sites.iter().find(|site| site.edition.country == default).or(self.sites.first())?;
        (page.facts.kind == vitrine_content::PageKind::Home).then(|| keeper.absolute("/"))
    }
}

/// Structured data of a breadcrumb; the last step is the page itself, which needs no address of its own.
pub(crate) fn breadcrumb_json(crumbs: &[Crumb<'_>], origin: &str) -> serde_json::Value {
    let items: Vec<serde_json::Value> = crumbs
        .iter()
        .enumerate()
        .map(|(position, crumb)| {
            let mut item =
                serde_json::json!({ "@type": "ListItem", "position": position + 1, "name": crumb.label });
            if let Some(url) = &crumb.url {
                item["item"] = absolute(origin, url).into();
            }
            item
        })
        .collect();
    serde_json::json!({ "@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items })
}

/// The preload of the picture at the top of a page: its best format.
pub(crate) fn preload(picture: &Picture<'static>) -> Preload<'static> {
    let best = picture.sources.first();
    Preload {
        srcset: best.map_or_else(|| picture.srcset.clone(), |source| source.srcset.clone()),
        sizes: picture.sizes.clone(),
        kind: best.map_or_else(|| "".into(), |source| source.kind.clone()),
    }
}

/// The text without markup, cut at a word, for a description that was left out.
pub(crate) fn excerpt(text: &str, length: usize) -> String {
    let mut cut = String::new();
    let mut written = 0;
    for word in text.split_whitespace() {
        let chars = word.chars().count();
        if written + chars + 1 > length {
            cut.push('…');
            break;
        }
        if !cut.is_empty() {
            cut.push(' ');
            written += 1;
        }
        cut.push_str(word);
        written += chars;
    }
    cut
}

/// A text's `lang`, where it is not the page's.
pub(crate) fn lang_of(found: &Locale, chain: &[Locale]) -> Option<std::borrow::Cow<'static, str>> {
    crate::pictures::other_language(found, chain).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Stock, page, plain, read};

    #[test]
    fn an_excerpt_ends_at_a_word() {
        assert_eq!(excerpt("one two  three", 9), "one two…");
        assert_eq!(excerpt("one two", 20), "one two");
    }

    /// The title of a head, the store being called 'Shop'.
    fn title(said: &str) -> String {
        let shop = Stock::default().open();
        shop.maker("/de/").head(About { title: said.to_owned(), ..About::default() }).title.into_owned()
    }

    #[test]
    fn a_title_names_the_store_where_there_is_room() {
        assert_eq!(title("Beds"), "Beds | Shop");
        assert_eq!(title("The Shop"), "The Shop");
        let long = "A bed with a very long name that fills the line of a result";
        assert_eq!(title(long), long);
    }

    #[test]
    fn every_edition_that_has_a_page_names_the_same_alternates() {
        let shop = Stock { products: vec![plain(1, "cloud")], ..Stock::default() }.open();
        let links = |base: &str| shop.maker(base).alternate_links(None, |other| other.view.product_path(1));
        let expected = [
            ("de-CH", "https://shop.example/ch-de/p/cloud-de/"),
            ("fr-CH", "https://shop.example/ch-fr/p/cloud-fr/"),
            ("de", "https://shop.example/de/p/cloud-de/"),
            ("x-default", "https://shop.example/de/p/cloud-de/"),
        ];
        let expected: Vec<_> =
            expected.iter().map(|(tag, url)| ((*tag).to_owned(), (*url).to_owned())).collect();
        for base in ["/de/", "/ch-de/", "/ch-fr/"] {
            assert_eq!(links(base), expected, "{base}");
        }
    }

    #[test]
    fn a_page_that_the_default_country_lacks_defaults_to_the_first_that_has_it() {
        let mut abroad = plain(1, "cloud");
        abroad.product.not_in = read(serde_json::json!(["DE"]));
        let shop = Stock { products: vec![abroad], ..Stock::default() }.open();
        let links = shop.maker("/ch-fr/").alternate_links(None, |other| other.view.product_path(1));
        assert_eq!(
            links.last().map(|(tag, url)| (tag.as_str(), url.as_str())),
            Some(("x-default", "https://shop.example/ch-de/p/cloud-de/"))
        );
        assert_eq!(links.len(), 3);
        let none = shop.maker("/de/").alternate_links(None, |_| None);
        assert_eq!(none, []);
    }

    #[test]
    fn a_home_page_defaults_to_the_chooser() {
        let shop = Stock::default().open();
        let maker = shop.maker("/ch-de/");
        assert_eq!(maker.x_default_of(shop.page("home")).as_deref(), Some("https://shop.example/"));
        let about = page(2, "about", serde_json::json!({ "kind": "page" }), serde_json::json!({}));
        assert_eq!(maker.x_default_of(&about), None);
    }

    #[test]
    fn a_breadcrumb_counts_from_one_and_its_end_has_no_address() {
        let crumbs = [
            Crumb { label: "Start".into(), url: Some("/de/".into()) },
            Crumb { label: "Beds".into(), url: None },
        ];
        let made = breadcrumb_json(&crumbs, "https://shop.example");
        let items = made["itemListElement"].as_array().unwrap();
        assert_eq!(
            (&items[0]["position"], &items[0]["item"]),
            (&1.into(), &"https://shop.example/de/".into())
        );
        assert_eq!((&items[1]["position"], items[1].get("item")), (&2.into(), None));
    }
}
