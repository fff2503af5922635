//! Sample pages.

use super::fragments::{self, availability, cards, link};
use super::{Studio, picture};
use crate::views::{
    AlternateLink, AlternatesView, AvailabilityState, BundlePart, BuyForm, CalloutKind, CardRowView,
    CategoryPage, ChooserCountry, ChooserEdition, ChooserRegion, ContentPage, CountryChooser, Crumb, FaqPage,
    Head, HomePage, LegalPage, NotFoundPage, OgImage, OpenGraph, OptionGroup, OptionValue, PageLink, Pager,
    PriceView, ProductPage, Slot, Text, Tile, TocEntry,
};
use crate::{Html, ThemeError};

fn head(studio: &Studio<'_>, title: &'static str) -> Result<Head<'static>, ThemeError> {
    let alternate = |(lang, path): (&'static str, &str)| AlternateLink {
        hreflang: lang.into(),
        url: format!("https://nimbus.example/{path}/").into(),
    };
    let editions =
        [("de-DE", "de"), ("de-CH", "ch-de"), ("fr-CH", "ch-fr"), ("en-GB", "gb"), ("ja-JP", "jp")];
    let more = [("ar-AE", "ae-ar"), ("en-AE", "ae-en"), ("x-default", "gb")];
    let links = editions.into_iter().chain(more).map(alternate).collect();
    Ok(Head {
        title: format!("{title} | Nimbus").into(),
        description: studio.texts.summary.into(),
        canonical: Some("https://nimbus.example/".into()),
        alternates: studio.theme.fragment(&studio.words, &AlternatesView { links })?,
        og: Some(OpenGraph {
            kind: "website".into(),
            title: title.into(),
            description: studio.texts.summary.into(),
            image: Some(OgImage {
                url: "https://nimbus.example/media/home-hero.jpg".into(),
                width: 1200,
                height: 630,
                alt: title.into(),
            }),
            price: None,
        }),
        json_ld: vec![Html::json(
            r#"{"@context":"https://schema.org","@type":"WebPage","name":"</script>"}"#,
        )],
        ..Head::default()
    })
}

fn crumbs(studio: &Studio<'_>, last: &'static str) -> Vec<Crumb<'static>> {
    let crumb = |label: &'static str, url: Option<Text<'static>>| Crumb { label: label.into(), url };
    vec![crumb("Nimbus", Some("/".into())), crumb(studio.texts.nav[0], Some("/".into())), crumb(last, None)]
}

pub(super) fn home(studio: &Studio<'_>, full: bool) -> Result<HomePage<'static>, ThemeError> {
    let texts = studio.texts;
    let base = HomePage {
        head: head(studio, texts.headline)?,
        headline: texts.headline.into(),
        lead: texts.lead.into(),
        ..HomePage::default()
    };
    if !full {
        return Ok(base);
    }
    let tile = |(name, stem): (&&'static str, &str)| Tile {
        label: (*name).into(),
        url: "/".into(),
        picture: Some(picture(stem, Slot::Tile, "")),
    };
    let stems =
        ["mattress-terra", "pillow-drift", "duvet-feather", "bed-oak-walnut", "sheet-set", "bundle-rest"];
    Ok(HomePage {
        hero: Some(picture("home-hero", Slot::Hero, "Oak bed with a misty blue duvet in soft window light")),
        call_to_action: Some(link(texts.action)),
        points: fragments::points(texts),
        tiles: texts.nav.iter().zip(stems).map(tile).collect(),
        cards: cards(studio, 4)?,
        story: Html::trusted(&format!(
            "<h2 id=\"s\">{}</h2><p>{}</p>{}",
            texts.headline,
            texts.lead,
            fragments::figure(studio)?.as_str(),
        )),
        ..base
    })
}

pub(super) fn category(studio: &Studio<'_>, count: usize) -> Result<CategoryPage<'static>, ThemeError> {
    let texts = studio.texts;
    let number = |label: &'static str, current: bool| PageLink {
        label: label.into(),
        url: (!current && label != "…").then_some("/".into()),
        current,
    };
    let pager = Pager {
        text: "2 / 9".into(),
        prev: Some("/".into()),
        next: Some("/".into()),
        links: vec![
            number("1", false),
            number("2", true),
            number("3", false),
            number("…", false),
            number("9", false),
        ],
    };
    Ok(CategoryPage {
        head: head(studio, texts.nav[0])?,
        breadcrumb: crumbs(studio, texts.nav[0]),
        name: texts.nav[0].into(),
        intro: Html::trusted(&format!("<p>{}</p>", texts.lead)),
        subcategories: if count == 0 {
            Vec::new()
        } else {
            texts.nav.iter().take(4).map(|n| link(n)).collect()
        },
        count: texts.count.into(),
        cards: cards(studio, count)?,
        pager: (count > 0).then_some(pager),
    })
}

fn options(studio: &Studio<'_>) -> Vec<OptionGroup<'static>> {
    let group = |(label, values): &(&'static str, &'static [&'static str])| OptionGroup {
        label: (*label).into(),
        values: values
            .iter()
            .enumerate()
            .map(|(index, value)| OptionValue {
                label: (*value).into(),
                url: (index != 4).then_some("/".into()),
                thumb: None,
                selected: index == 1,
                sold_out: index == 2,
            })
            .collect(),
    };
    studio.texts.options.iter().map(group).collect()
}

pub(super) fn product(studio: &Studio<'_>) -> Result<ProductPage<'static>, ThemeError> {
    let texts = studio.texts;
    let stems = [
        "mattress-cloud-hero",
        "mattress-cloud-detail",
        "bundle-rest",
        "bed-oak",
        "topper-soft",
        "protector",
    ];
    Ok(ProductPage {
        head: head(studio, texts.names[0])?,
        breadcrumb: crumbs(studio, texts.names[0]),
        brand: None,
        name: texts.names[0].into(),
        variant: texts.options[0].1[1].into(),
        summary: texts.summary.into(),
        text_lang: None,
        gallery: fragments::gallery(studio, &stems)?,
        options: options(studio),
        price: fragments::reduced(texts),
        tax_note: texts.tax.into(),
        delivery: Some(link(texts.delivery)),
        legal_notes: Vec::new(),
        availability: availability(texts, AvailabilityState::In),
        delivery_estimate: Some(texts.estimate.into()),
        buy: Some(BuyForm { action: "/cart/".into(), sku: "CLOUD-140200-M".into(), max: 10, enabled: true }),
        points: fragments::points(texts),
        parts: Vec::new(),
        description: Html::trusted(texts.body),
        specs: fragments::specs(studio)?,
        rating: Some(fragments::rating(texts)),
        reviews: fragments::reviews(studio)?,
        related: cards(studio, 4)?,
    })
}

/// A bundle that is sold out, with one picture and texts that fell back to English.
pub(super) fn product_sold_out(studio: &Studio<'_>) -> Result<ProductPage<'static>, ThemeError> {
    let texts = studio.texts;
    let part = |index: usize, stem: &str, quantity: &'static str| BundlePart {
        name: texts.names[index].into(),
        quantity: quantity.into(),
        url: (index != 2).then_some("/".into()),
        picture: Some(picture(stem, Slot::Thumb, "")),
    };
    Ok(ProductPage {
        name: texts.names[7].into(),
        text_lang: Some("en".into()),
        brand: Some("Marke & Söhne".into()),
        gallery: fragments::gallery(studio, &["bundle-rest"])?,
        options: Vec::new(),
        price: PriceView { text: texts.price.into(), ..PriceView::default() },
        availability: availability(texts, AvailabilityState::Out),
        delivery_estimate: None,
        buy: Some(BuyForm { action: "/cart/".into(), sku: "REST-1".into(), max: 1, enabled: false }),
        parts: vec![
            part(0, "mattress-cloud-hero", "1 ×"),
            part(2, "pillow-drift-mist", "2 ×"),
            part(4, "duvet-feather", "1 ×"),
        ],
        reviews: Html::default(),
        rating: None,
        ..product(studio)?
    })
}

/// A product of which almost nothing is known.
pub(super) fn product_bare(studio: &Studio<'_>) -> Result<ProductPage<'static>, ThemeError> {
    let texts = studio.texts;
    Ok(ProductPage {
        head: Head { title: "<b>&\"'".into(), ..Head::default() },
        name: "<b>&\"'".into(),
        gallery: fragments::gallery(studio, &[])?,
        price: PriceView { text: texts.price.into(), ..PriceView::default() },
        availability: availability(texts, AvailabilityState::Backorder),
        ..ProductPage::default()
    })
}

fn toc() -> Vec<TocEntry<'static>> {
    let entry =
        |anchor: &'static str, label: &'static str| TocEntry { anchor: anchor.into(), label: label.into() };
    vec![entry("feel", "One"), entry("made", "Two"), entry("more", "Three")]
}

pub(super) fn content(studio: &Studio<'_>) -> Result<ContentPage<'static>, ThemeError> {
    let texts = studio.texts;
    let row = studio.theme.fragment(&studio.words, &CardRowView { cards: cards(studio, 2)? })?;
    let table = "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>";
    let body = [
        texts.body,
        fragments::callout(studio, CalloutKind::Tip)?.as_str(),
        "<h2 id=\"more\">Three</h2>",
        table,
        fragments::figure(studio)?.as_str(),
        fragments::callout(studio, CalloutKind::Warning)?.as_str(),
        row.as_str(),
    ]
    .concat();
    Ok(ContentPage {
        head: head(studio, texts.nav[6])?,
        breadcrumb: crumbs(studio, texts.nav[6]),
        title: texts.nav[6].into(),
        lead: texts.lead.into(),
        updated: Some("2026-10-01".into()),
        toc: toc(),
        body: Html::trusted(&body),
    })
}

pub(super) fn faq(studio: &Studio<'_>) -> Result<FaqPage<'static>, ThemeError> {
    let texts = studio.texts;
    let body = format!("<h2 id=\"feel\">{}</h2>{}", texts.nav[0], fragments::faq(studio)?.as_str());
    Ok(FaqPage {
        head: head(studio, texts.nav[6])?,
        breadcrumb: crumbs(studio, texts.nav[6]),
        title: texts.nav[6].into(),
        lead: texts.lead.into(),
        toc: Vec::new(),
        body: Html::trusted(&body),
        contact: Some(link(texts.action)),
    })
}

pub(super) fn legal(studio: &Studio<'_>) -> Result<LegalPage<'static>, ThemeError> {
    let texts = studio.texts;
    Ok(LegalPage {
        head: Head { robots: Some("noindex".into()), ..head(studio, texts.delivery)? },
        breadcrumb: crumbs(studio, texts.delivery),
        title: texts.delivery.into(),
        as_of: Some("2026-10-01".into()),
        sample_notice: Some(texts.sample.into()),
        toc: Vec::new(),
        body: Html::trusted(texts.body),
    })
}

pub(super) fn not_found(studio: &Studio<'_>) -> Result<NotFoundPage<'static>, ThemeError> {
    Ok(NotFoundPage {
        head: Head { title: "404".into(), robots: Some("noindex".into()), ..Head::default() },
        links: studio.texts.nav.iter().take(4).map(|label| link(label)).collect(),
        cards: cards(studio, 4)?,
    })
}

pub(super) fn chooser() -> CountryChooser<'static> {
    type Language = (&'static str, &'static str, &'static str);
    let country = |code: &'static str, name: &'static str, currency: &'static str, languages: &[Language]| {
        let edition = |(label, lang, dir): &Language| ChooserEdition {
            label: (*label).into(),
            lang: (*lang).into(),
            dir: (*dir).into(),
            url: "/".into(),
        };
        let (_, lang, dir) = languages.first().copied().unwrap_or(("", "en", "ltr"));
        ChooserCountry {
            code: code.into(),
            name: name.into(),
            lang: lang.into(),
            dir: dir.into(),
            currency: currency.into(),
            editions: languages.iter().map(edition).collect(),
        }
    };
    let swiss = [("Deutsch", "de-CH", "ltr"), ("Français", "fr-CH", "ltr")];
    let emirates = [("العربية", "ar-AE", "rtl"), ("English", "en-AE", "ltr")];
    CountryChooser {
        head: Head { title: "Nimbus".into(), ..Head::default() },
        title: "Where do you sleep?".into(),
        lead: "Choose your country and your language.".into(),
        regions: vec![
            ChooserRegion {
                label: "Europe".into(),
                countries: vec![
                    country("DE", "Deutschland", "EUR", &[("Deutsch", "de-DE", "ltr")]),
                    country("CH", "Schweiz", "CHF", &swiss),
                    country("GB", "United Kingdom", "GBP", &[("English", "en-GB", "ltr")]),
                ],
            },
            ChooserRegion {
                label: "Asia".into(),
                countries: vec![
                    country("AE", "الإمارات العربية المتحدة", "AED", &emirates),
                    country("JP", "日本", "JPY", &[("日本語", "ja-JP", "ltr")]),
                ],
            },
        ],
    }
}
