//! What a page says, taken out of its HTML.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

/// A page as the checks see it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) lang: String,
    pub(crate) dir: String,
    /// Titles in the head; there should be one.
    pub(crate) titles: Vec<String>,
    pub(crate) descriptions: Vec<String>,
    pub(crate) robots: Option<String>,
    /// Addresses as people read them: pages write them so, sitemaps encode them.
    pub(crate) canonicals: Vec<String>,
    /// `hreflang` to address, as people read it.
    pub(crate) alternates: BTreeMap<String, String>,
    /// Whether a `hreflang` stands twice.
    pub(crate) alternates_twice: bool,
    pub(crate) headings: usize,
    pub(crate) ids: BTreeSet<String>,
    pub(crate) ids_twice: Vec<String>,
    /// Where an address stands, and the address.
    pub(crate) links: Vec<(&'static str, String)>,
    pub(crate) images: Vec<Image>,
    /// Documents of structured data, or why one is none.
    pub(crate) data: Vec<Result<Value, String>>,
    /// What people read or hear.
    pub(crate) words: String,
    pub(crate) manifest: Option<String>,
    /// Where a page that only leads on leads.
    pub(crate) refresh: Option<String>,
    pub(crate) bytes: usize,
}

/// A picture on a page.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) src: String,
    pub(crate) alt: Option<String>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Attributes that hold one address.
const ADDRESSES: [(&str, &str); 8] = [
    ("a", "href"),
    ("link", "href"),
    ("img", "src"),
    ("source", "src"),
    ("script", "src"),
    ("form", "action"),
    ("use", "href"),
    ("iframe", "src"),
];
/// Attributes that hold several, each with a width.
const SETS: [(&str, &str); 3] = [("img", "srcset"), ("source", "srcset"), ("link", "imagesrcset")];
/// Attributes that people read or hear.
const SPOKEN: [&str; 4] = ["alt", "title", "aria-label", "placeholder"];

impl Page {
    pub(crate) fn new(html: &str) -> Self {
        let document = Html::parse_document(html);
        let mut page = Self { bytes: html.len(), ..Self::default() };
        let mut seen = BTreeSet::new();
        for element in document.root_element().descendent_elements() {
            page.take(element, &mut seen);
        }
        let root = document.root_element().value();
        page.lang = root.attr("lang").unwrap_or_default().to_owned();
        page.dir = root.attr("dir").unwrap_or_default().to_owned();
        page.words.push_str(&spoken_text(&document));
        page
    }

    fn take(&mut self, element: ElementRef<'_>, seen: &mut BTreeSet<String>) {
        let (name, value) = (element.value().name(), element.value());
        if let Some(id) = value.attr("id")
            && !self.ids.insert(id.to_owned())
        {
            self.ids_twice.push(id.to_owned());
        }
        self.take_links(element);
        for spoken in SPOKEN.iter().filter_map(|attribute| value.attr(attribute)) {
            self.words.push_str(spoken);
            self.words.push('\n');
        }
        let text = || element.text().collect::<String>();
        match name {
            // Drawings have titles of their own.
            "title"
                if element
                    .parent()
                    .and_then(ElementRef::wrap)
                    .is_some_and(|p| p.value().name() == "head") =>
            {
                self.titles.push(text());
            }
            "h1" => self.headings += 1,
            "meta" => self.take_meta(element),
            "link" => self.take_relation(element, seen),
            "img" => self.images.push(Image {
                src: value.attr("src").unwrap_or_default().to_owned(),
                alt: value.attr("alt").map(str::to_owned),
                width: value.attr("width").and_then(|width| width.parse().ok()).unwrap_or_default(),
                height: value.attr("height").and_then(|height| height.parse().ok()).unwrap_or_default(),
            }),
            "script" if value.attr("type") == Some("application/ld+json") => {
                self.data.push(serde_json::from_str(&text()).map_err(|error| error.to_string()));
            }
            _ => {}
        }
    }

    fn take_links(&mut self, element: ElementRef<'_>) {
        let value = element.value();
        let is_relation =
            value.name() == "link" && matches!(value.attr("rel"), Some("canonical" | "alternate"));
        for (name, attribute) in ADDRESSES.iter().filter(|(name, _)| *name == value.name() && !is_relation) {
            self.links.extend(value.attr(attribute).map(|address| (*name, address.to_owned())));
        }
        for (name, attribute) in SETS.iter().filter(|(name, _)| *name == value.name()) {
            let set = value.attr(attribute).into_iter().flat_map(|set| set.split(','));
            let addresses = set.filter_map(|candidate| candidate.split_whitespace().next());
            self.links.extend(addresses.map(|address| (*name, address.to_owned())));
        }
    }

    fn take_meta(&mut self, element: ElementRef<'_>) {
        let value = element.value();
        let content = value.attr("content").unwrap_or_default().to_owned();
        match (value.attr("name"), value.attr("property"), value.attr("http-equiv")) {
            (Some("description"), _, _) => self.descriptions.push(content),
            (Some("robots"), _, _) => self.robots = Some(content),
            (_, Some("og:image"), _) => self.links.push(("og:image", content)),
            (_, Some("og:url"), _) => self.links.push(("og:url", content)),
            (_, _, Some("refresh")) => {
                self.refresh = content.split_once("url=").map(|(_, url)| url.trim_matches('\'').to_owned());
            }
            _ => {}
        }
    }

    fn take_relation(&mut self, element: ElementRef<'_>, seen: &mut BTreeSet<String>) {
        let value = element.value();
        let address = decoded(value.attr("href").unwrap_or_default());
        match value.attr("rel") {
            Some("canonical") => self.canonicals.push(address),
            Some("manifest") => self.manifest = Some(address),
            Some("alternate") => {
                let Some(hreflang) = value.attr("hreflang") else { return };
                self.alternates_twice |= !seen.insert(hreflang.to_owned());
                self.alternates.insert(hreflang.to_owned(), address);
            }
            _ => {}
        }
    }

    /// Whether search engines are meant to list it.
    pub(crate) fn may_be_listed(&self) -> bool {
        self.refresh.is_none() && !self.robots.as_deref().is_some_and(|robots| robots.contains("noindex"))
    }

    /// Documents of structured data of a type.
    pub(crate) fn data_of(&self, kinds: &[&str]) -> Vec<&Value> {
        let of_kind = |value: &&Value| value["@type"].as_str().is_some_and(|kind| kinds.contains(&kind));
        self.data.iter().filter_map(|data| data.as_ref().ok()).filter(of_kind).collect()
    }
}

/// An address as people read it.
pub(crate) fn decoded(address: &str) -> String {
    percent_decode_str(address).decode_utf8().unwrap().into_owned()
}

/// The text of a page without scripts and styles.
fn spoken_text(document: &Html) -> String {
    let hidden = Selector::parse("script, style, template").unwrap();
    let hidden: BTreeSet<_> = document.select(&hidden).map(|element| element.id()).collect();
    let texts = document.tree.nodes().filter_map(|node| {
        let text = node.value().as_text()?;
        let shown = !node.ancestors().any(|above| hidden.contains(&above.id()));
        shown.then(|| text.to_string())
    });
    texts.collect::<Vec<_>>().join("\n")
}
