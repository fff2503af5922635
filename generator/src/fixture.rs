//! A small shop in memory, for tests of all that needs no database.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vitrine_catalog::{
    CategoryRecord, OfferLayer, ProductOutline, ProductRecord, Schema, Span, TextLayer, VariantOutline,
};
use vitrine_content::{ContentSet, Media, Page};
use vitrine_core::{ContentHash, Country, Locale, PageName, Timestamp};
use vitrine_store::Store;
use vitrine_theme::Theme;

use crate::cards::{CardCache, CardDeck, CardPrints};
use crate::index::Index;
use crate::model::{self, Maker, ProductShared};
use crate::pictures::Pictures;
use crate::rich::Texts;
use crate::site::{Context, Site};

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

/// Midnight of a day since 1970.
pub(crate) fn day(number: i64) -> Timestamp {
    Timestamp::from_ms(number * DAY)
}

/// The moment that pages of the shop are made for.
pub(crate) const NOW: i64 = 100;

/// A value from its JSON.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn locale(tag: &str) -> Locale {
    Locale::try_new(tag).unwrap()
}

pub(crate) fn hash(text: &str) -> ContentHash {
    ContentHash::of(text.as_bytes())
}

/// A product from its facts, an offer for each country and a text for each language.
///
/// `facts` is a [`vitrine_catalog::Product`] without id, type and tax class; offers map numbers of variants to prices.
pub(crate) fn product(seq: i64, id: &str, facts: Value, offers: Value, texts: Value) -> ProductRecord {
    let mut facts = facts;
    facts["id"] = json!(id);
    facts["type"] = json!("bed");
    facts["tax_class"] = json!("standard");
    let product = read(facts);
    let offers: BTreeMap<vitrine_core::Country, Value> = read(offers);
    let texts: BTreeMap<Locale, vitrine_catalog::ProductText> = read(texts);
    ProductRecord {
        seq,
        product,
        availability: BTreeMap::new(),
        rating: None,
        reviews: Vec::new(),
        hash: hash(id),
        changed_at: day(50),
        texts: texts.into_iter().map(|(lang, text)| TextLayer { lang, hash: hash(id), text }).collect(),
        offers: offers
            .into_iter()
            .map(|(country, prices)| OfferLayer {
                country,
                hash: hash(id),
                offer: read(json!({ "prices": prices })),
            })
            .collect(),
    }
}

/// A product of one variant, sold in both countries and named in both languages.
pub(crate) fn plain(seq: i64, id: &str) -> ProductRecord {
    let sku = format!("{}-1", id.to_uppercase());
    product(
        seq,
        id,
        json!({ "variants": [{ "number": 0, "sku": sku }] }),
        json!({ "DE": { "0": { "base": { "minor": 10_000 } } }, "CH": { "0": { "base": { "minor": 12_000 } } } }),
        json!({
            "de": { "name": format!("{id} de"), "slug": format!("{id}-de") },
            "fr": { "name": format!("{id} fr"), "slug": format!("{id}-fr") },
        }),
    )
}

/// A product in two sizes and two colours, four variants numbered 0 to 3; the blue ones have a picture of their own.
pub(crate) fn choosable(seq: i64, id: &str) -> ProductRecord {
    let variant = |number: u16, size: &str, colour: &str, media: u16| {
        let sku = format!("{}-{}{}", id.to_uppercase(), size, &colour[..1]).to_uppercase();
        json!({ "number": number, "sku": sku, "options": { "size": size, "colour": colour }, "media": media })
    };
    let price = |minor: i64| json!({ "base": { "minor": minor } });
    let mut record = plain(seq, id);
    let facts = json!({
        "options": ["size", "colour"],
        "media": ["white.jpg", "blue.jpg"],
        "variants": [
            variant(0, "s", "white", 0), variant(1, "s", "blue", 1),
            variant(2, "m", "white", 0), variant(3, "m", "blue", 1),
        ],
    });
    let prices = json!({ "0": price(100), "1": price(110), "2": price(200), "3": price(210) });
    let made = product(seq, id, facts, json!({ "DE": prices }), json!({}));
    record.product = made.product;
    record.offers = made.offers;
    record
}

fn offered(layer: &OfferLayer, number: u16) -> Option<(Country, Vec<Span>)> {
    Some((layer.country, layer.offer.prices.get(&number)?.offered()))
}

/// What planning knows of a product, as the catalog would tell it.
pub(crate) fn outline(record: &ProductRecord) -> ProductOutline {
    let product = &record.product;
    let variant = |variant: &vitrine_catalog::Variant| VariantOutline {
        number: variant.number,
        sku: variant.sku.clone(),
        not_in: variant.not_in.clone(),
        offered: Arc::new(record.offers.iter().filter_map(|layer| offered(layer, variant.number)).collect()),
    };
    let slug = |layer: &TextLayer| Some((layer.lang.clone(), layer.text.slug.clone()?));
    ProductOutline {
        seq: record.seq,
        id: product.id.clone(),
        status: product.status,
        publish_at: product.publish_at,
        unpublish_at: product.unpublish_at,
        categories: product.categories.clone(),
        countries: product.countries.clone(),
        not_in: product.not_in.clone(),
        variants: product.variants.iter().map(variant).collect(),
        slugs: record.texts.iter().filter_map(slug).collect(),
        hash: record.hash,
        changed_at: record.changed_at,
    }
}

/// A category below another, or below none where `parent` is empty.
pub(crate) fn category(seq: i64, id: &str, parent: &str, rank: i64) -> CategoryRecord {
    let parent = (!parent.is_empty()).then_some(parent);
    CategoryRecord {
        seq,
        category: read(json!({ "id": id, "parent": parent, "rank": rank })),
        texts: read(json!({
            "de": { "name": format!("{id} de"), "slug": format!("{id}-de") },
            "fr": { "name": format!("{id} fr"), "slug": format!("{id}-fr") },
        })),
        hash: hash(id),
        changed_at: day(40),
    }
}

/// A content page; `facts` without name, texts as they are stored.
pub(crate) fn page(seq: i64, name: &str, facts: Value, texts: Value) -> Page {
    let mut facts = facts;
    facts["name"] = json!(name);
    Page { seq, facts: read(facts), texts: read(texts), hash: hash(name), changed_at: day(30) }
}

/// A picture of the media library.
pub(crate) fn media(file: &str, width: u32, height: u32) -> Media {
    Media { file: file.to_owned(), hash: hash(file), width, height, content_type: "image/jpeg".to_owned() }
}

/// What a shop is opened with.
pub(crate) struct Stock {
    pub(crate) config: Value,
    pub(crate) countries: Vec<Value>,
    pub(crate) products: Vec<ProductRecord>,
    pub(crate) categories: Vec<CategoryRecord>,
    pub(crate) content: ContentSet,
    pub(crate) schema: Schema,
}

/// A country of the fixture; `locales` are pairs of locale and base path.
pub(crate) fn country(code: &str, currency: &str, locales: &[(&str, &str)]) -> Value {
    let locales: Vec<Value> =
        locales.iter().map(|(locale, path)| json!({ "locale": locale, "path": path })).collect();
    json!({
        "country": code, "currency": currency, "time_zone": "Europe/Berlin", "locales": locales,
        "tax": { "included": true, "rates": { "standard": "19" } },
        "prior_price": code == "DE",
        "delivery": [{
            "id": "parcel", "price": { "minor": 490, "currency": currency },
            "free_from": { "minor": 5000, "currency": currency }, "days": [2, 4],
        }],
        "legal_notes": ["note_vat_included"],
        "returns": { "days": 30, "free": true },
    })
}

impl Default for Stock {
    /// Germany in German; Switzerland in German and French. A home page, no products.
    fn default() -> Self {
        let home = page(
            1,
            "home",
            json!({ "kind": "home" }),
            json!({
                "de": { "title": "Start" }, "fr": { "title": "Accueil" },
            }),
        );
        let mut content = ContentSet::default();
        content.pages.insert(home.facts.name.clone(), home);
        for (file, width) in [("white.jpg", 2400), ("blue.jpg", 700)] {
            content.media.insert(file.to_owned(), media(file, width, width / 2));
        }
        Self {
            config: json!({
                "id": "test", "name": "Shop", "origin": "https://shop.example", "default_country": "DE",
                "organization": {
                    "legal_name": "Shop Ltd", "street": "Weg 1", "postcode": "10115", "city": "Berlin",
                    "country": "DE", "email": "a@shop.example",
                },
                "fallback": { "fr": ["de"], "en": ["de"] },
            }),
            countries: vec![
                country("CH", "CHF", &[("de-CH", "/ch-de/"), ("fr-CH", "/ch-fr/")]),
                country("DE", "EUR", &[("de", "/de/")]),
            ],
            products: Vec::new(),
            categories: Vec::new(),
            content,
            schema: read(json!({
                "attribute": {
                    "size": { "type": "choice", "values": ["s", "m", "l"] },
                    "colour": { "type": "choice", "values": ["white", "blue"] },
                    "weight": { "type": "number", "unit": "kg" },
                    "washable": { "type": "boolean" },
                    "care": { "type": "text" },
                },
                "type": { "bed": { "attributes": ["care", "weight", "washable", "colour"] } },
            })),
        }
    }
}

impl Stock {
    /// Adds a content page.
    pub(crate) fn with_page(mut self, page: Page) -> Self {
        self.content.pages.insert(page.facts.name.clone(), page);
        self
    }

    /// The shop as editions show it at [`NOW`].
    pub(crate) fn open(self) -> Shop {
        self.open_at(day(NOW))
    }

    pub(crate) fn open_at(mut self, as_of: Timestamp) -> Shop {
        let theme = Arc::new(Theme::embedded().unwrap());
        self.content.strings = BTreeMap::from([(locale("de"), strings(&theme))]);
        let store =
            Store { config: read(self.config), countries: self.countries.into_iter().map(read).collect() };
        let schema_texts = BTreeMap::from([(
            locale("de"),
            read(json!({
                "label": { "size": "Größe", "weight": "Gewicht" },
                "value": { "size": { "s": "klein", "m": "mittel" } },
            })),
        )]);
        let context = Context { store, schema: self.schema, schema_texts, theme };
        let outlines = self.products.iter().map(outline).collect();
        let index = Index::new(outlines, self.categories, self.content);
        let sites = context.store.editions().into_iter().enumerate().map(|(number, edition)| {
            let country = context.store.country(edition.country).unwrap();
            let number = i64::try_from(number).unwrap();
            Site::try_new(number, edition, country, &context, &index, as_of).unwrap()
        });
        let sites = sites.collect();
        let records = self.products.into_iter().map(|record| (record.seq, record)).collect();
        let mut shop = Shop {
            context,
            index,
            sites,
            records,
            texts: Texts::default(),
            cards: CardDeck::default(),
            as_of,
        };
        shop.cards = shop.make_cards();
        shop
    }
}

/// Each message says its own id and its arguments, so that tests see which words stand where.
fn strings(theme: &Theme) -> String {
    let messages = theme.messages();
    let plain = messages.templates.iter().chain(&messages.views);
    let mut source: String = plain.map(|id| format!("{id} = {id}\n")).collect();
    for (id, arguments) in &messages.with_arguments {
        let arguments: Vec<String> = arguments.iter().map(|name| format!("{{ ${name} }}")).collect();
        source.push_str(&format!("{id} = {id} {}\n", arguments.join(" ")));
    }
    source
}

/// An open shop.
pub(crate) struct Shop {
    pub(crate) context: Context,
    pub(crate) index: Index,
    pub(crate) sites: Vec<Site>,
    pub(crate) records: BTreeMap<i64, ProductRecord>,
    pub(crate) texts: Texts,
    pub(crate) cards: CardDeck,
    pub(crate) as_of: Timestamp,
}

impl Shop {
    /// What models of the edition with this base path are made with.
    pub(crate) fn maker(&self, base: &str) -> Maker<'_> {
        let site = self.sites.iter().find(|site| site.edition.path == base).unwrap();
        Maker {
            context: &self.context,
            site,
            sites: &self.sites,
            view: site.view(&self.index, self.as_of),
            pictures: Pictures::new(self.index.content()),
            texts: &self.texts,
            cards: &self.cards,
            parts: &self.records,
            as_of: self.as_of,
        }
    }

    /// A product in an edition.
    pub(crate) fn shared(&self, base: &str, seq: i64) -> Option<Arc<ProductShared<'_>>> {
        let maker = self.maker(base);
        ProductShared::new(maker.site, &maker.view, &self.records[&seq]).map(Arc::new)
    }

    /// A content page by its name.
    pub(crate) fn page(&self, name: &str) -> &Page {
        &self.index.content().pages[&PageName::try_new(name).unwrap()]
    }

    fn make_cards(&self) -> CardDeck {
        let mut deck = CardDeck::default();
        let mut cards = Vec::new();
        for record in self.records.values() {
            let mut made = CardPrints { prints: Vec::new(), as_of: self.as_of, valid_until: None };
            for site in &self.sites {
                let maker = self.maker(&site.edition.path);
                let country = site.edition.country;
                let offer = record.offer(country).map(|layer| &layer.offer);
                let ends = vitrine_catalog::valid_until(&record.product, offer, country, self.as_of);
                made.valid_until = made.valid_until.into_iter().chain(ends).min();
                if let Some(shared) = ProductShared::new(site, &maker.view, record) {
                    made.prints.push((site.number, model::card_print(&maker, &shared)));
                    cards.push((record.seq, site.number, model::card(&maker, &shared).unwrap()));
                }
            }
            deck.insert(record.seq, Arc::new(made), None);
        }
        for (seq, edition, card) in cards {
            deck.put(&CardCache::default(), seq, edition, card);
        }
        deck
    }
}

/// The bytes of a draft as text; empty where there is no object.
pub(crate) fn rendered(draft: &model::Draft<'_>) -> String {
    let mut out = Vec::new();
    match &draft.body {
        model::Body::Render(render) => render(&mut out).unwrap(),
        model::Body::Bytes(bytes) => out.extend_from_slice(bytes),
        model::Body::None => {}
    }
    String::from_utf8(out).unwrap()
}

/// The documents of structured data on a page.
pub(crate) fn structured(html: &str) -> Vec<Value> {
    let parts = html.split("<script type=\"application/ld+json\">").skip(1);
    parts.map(|part| serde_json::from_str(part.split("</script>").next().unwrap()).unwrap()).collect()
}
