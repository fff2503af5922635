//! Sample fragments.

use super::texts::Texts;
use super::{Edition, Studio, picture};
use crate::views::{
    AvailabilityState, AvailabilityView, CalloutKind, CalloutView, CardView, FaqItem, FaqView, FooterColumn,
    FooterView, GalleryView, HeaderView, Icon, LanguageLink, Link, OrganizationView, PictureFigureView,
    Point, PriceView, RatingView, ReviewBar, ReviewView, ReviewsView, Slot, SpecRow, SpecView,
};
use crate::{Html, ThemeError};

/// Pictures of the products, in the order of [`Texts::names`].
const STEMS: [&str; 8] = [
    "mattress-cloud-hero",
    "mattress-terra",
    "pillow-drift-mist",
    "pillow-arc",
    "duvet-feather",
    "bed-oak",
    "bed-linen",
    "bundle-rest",
];

pub(super) fn link(label: &'static str) -> Link<'static> {
    Link { label: label.into(), url: "/".into() }
}

fn languages(edition: Edition) -> Vec<LanguageLink<'static>> {
    let language = |label: &'static str, lang: &'static str| LanguageLink {
        label: label.into(),
        lang: lang.into(),
        url: "/".into(),
        current: lang == edition.lang(),
    };
    match edition {
        Edition::Arabic => vec![language("العربية", "ar-AE"), language("English", "en-AE")],
        Edition::German => vec![language("Deutsch", "de-DE"), language("Français", "fr-CH")],
        _ => Vec::new(),
    }
}

pub(super) fn header(edition: Edition) -> HeaderView<'static> {
    let texts = edition.texts();
    HeaderView {
        store_name: "Nimbus".into(),
        logo: None,
        home_url: "/".into(),
        announcement: Some(texts.points[0].0.into()),
        nav: texts.nav.iter().map(|label| link(label)).collect(),
        search_url: Some("/".into()),
        cart_url: Some("/".into()),
        chooser_url: "/".into(),
        country_name: texts.country.into(),
        currency: edition.currency().into(),
        languages: languages(edition),
    }
}

pub(super) fn footer(edition: Edition) -> FooterView<'static> {
    let texts = edition.texts();
    let column = |range: std::ops::Range<usize>, title: &'static str| FooterColumn {
        title: title.into(),
        links: texts.nav.get(range).unwrap_or_default().iter().map(|label| link(label)).collect(),
    };
    FooterView {
        store_name: "Nimbus".into(),
        columns: vec![column(0..4, texts.nav[6]), column(0..6, texts.nav[0]), column(3..7, "Nimbus")],
        legal_links: texts.nav.iter().take(4).map(|label| link(label)).collect(),
        legal_notes: vec![texts.tax.into()],
        payment_methods: vec!["Visa".into(), "PayPal".into(), "Apple Pay".into(), texts.points[3].0.into()],
        organization: OrganizationView {
            legal_name: "Nimbus Sleep GmbH".into(),
            address: vec!["Musterstraße 1".into(), "10115 Berlin".into()],
            email: "hello@nimbus.example".into(),
            phone: "+49 30 0000000".into(),
        },
        chooser_url: "/".into(),
        country_name: texts.country.into(),
        currency: edition.currency().into(),
        languages: languages(edition),
        copyright: "© 2026 Nimbus".into(),
        sample_notice: Some(texts.sample.into()),
    }
}

pub(super) fn rating(texts: &'static Texts) -> RatingView<'static> {
    RatingView { value: "4.6".into(), halves: 9, count: texts.reviews.into(), label: texts.rating.into() }
}

pub(super) fn availability(texts: &'static Texts, state: AvailabilityState) -> AvailabilityView<'static> {
    let index = match state {
        AvailabilityState::In => 0,
        AvailabilityState::Low => 1,
        AvailabilityState::Out => 2,
        AvailabilityState::Backorder => 3,
    };
    AvailabilityView { state, text: texts.stock[index].into() }
}

pub(super) fn reduced(texts: &'static Texts) -> PriceView<'static> {
    PriceView {
        text: texts.price.into(),
        compare_at: Some(texts.before.into()),
        save: Some(texts.save.into()),
        prior: Some(texts.prior.into()),
    }
}

pub(super) fn points(texts: &'static Texts) -> Vec<Point<'static>> {
    let icons = [Icon::Moon, Icon::Truck, Icon::Shield, Icon::Card];
    let pairs = icons.into_iter().zip(texts.points);
    pairs
        .map(|(icon, (title, text))| Point {
            icon,
            title: title.into(),
            text: text.into(),
            url: matches!(icon, Icon::Truck).then_some("/".into()),
        })
        .collect()
}

/// Cards of products: the second without picture, the third reduced, the fourth sold out.
pub(super) fn cards(studio: &Studio<'_>, count: usize) -> Result<Vec<Html>, ThemeError> {
    let texts = studio.texts;
    let card = |(index, (stem, name)): (usize, (&&str, &&'static str))| {
        let state = [AvailabilityState::In, AvailabilityState::Out, AvailabilityState::Low];
        let sold_out = state[usize::from(index == 3) + 2 * usize::from(index == 6)];
        let view = CardView {
            url: "/".into(),
            picture: (index != 1 || count < 8).then(|| picture(stem, Slot::Card, "")),
            brand: (index == 6).then_some("Marke & Söhne <GmbH>".into()),
            name: (*name).into(),
            name_lang: None,
            summary: (index != 5).then_some(texts.summary.into()),
            price: match index {
                2 => PriceView { prior: None, save: None, ..reduced(texts) },
                _ => PriceView { text: texts.from_price.into(), ..PriceView::default() },
            },
            availability: availability(texts, sold_out),
            rating: (index % 2 == 0).then(|| rating(texts)),
            badge: (index == 2).then_some("−20 %".into()),
        };
        studio.theme.fragment(&studio.words, &view)
    };
    STEMS.iter().zip(texts.names).take(count).enumerate().map(card).collect()
}

pub(super) fn gallery(studio: &Studio<'_>, stems: &[&str]) -> Result<Html, ThemeError> {
    let mut pictures: Vec<_> =
        stems.iter().map(|stem| picture(stem, Slot::Gallery, "White quilted mattress")).collect();
    if let Some(first) = pictures.first_mut() {
        first.eager = true;
    }
    let thumbs = match stems.len() {
        0 | 1 => Vec::new(),
        _ => stems.iter().map(|stem| format!("/media/{stem}.jpg").into()).collect(),
    };
    studio.theme.fragment(&studio.words, &GalleryView { pictures, thumbs })
}

pub(super) fn specs(studio: &Studio<'_>) -> Result<Html, ThemeError> {
    let row = |(label, value): &(&'static str, &'static str)| SpecRow {
        label: (*label).into(),
        value: (*value).into(),
        lang: None,
    };
    studio.theme.fragment(&studio.words, &SpecView { rows: studio.texts.specs.iter().map(row).collect() })
}

pub(super) fn reviews(studio: &Studio<'_>) -> Result<Html, ThemeError> {
    let texts = studio.texts;
    let (title, body, author) = texts.review;
    let review = |halves, lang: Option<&'static str>| ReviewView {
        halves,
        label: texts.rating.into(),
        title: title.into(),
        body: body.into(),
        author: author.into(),
        date: "2026-05-02".into(),
        date_iso: "2026-05-02".into(),
        lang: lang.map(Into::into),
    };
    let bar = |(stars, percent): (&'static str, u8)| ReviewBar {
        stars: stars.into(),
        count: percent.to_string().into(),
        percent,
    };
    let view = ReviewsView {
        lang: studio.edition.lang().into(),
        rating: rating(texts),
        bars: [("5", 72), ("4", 20), ("3", 6), ("2", 2), ("1", 0)].map(bar).to_vec(),
        reviews: vec![review(10, None), review(8, Some("fr")), review(9, None), review(10, None)],
    };
    studio.theme.fragment(&studio.words, &view)
}

pub(super) fn callout(studio: &Studio<'_>, kind: CalloutKind) -> Result<Html, ThemeError> {
    let body = Html::trusted(&format!("<p>{}</p>", studio.texts.summary));
    studio.theme.fragment(&studio.words, &CalloutView { kind, body })
}

pub(super) fn faq(studio: &Studio<'_>) -> Result<Html, ThemeError> {
    let item = |(index, (title, text)): (usize, (&'static str, &'static str))| FaqItem {
        anchor: format!("question-{index}").into(),
        question: title.into(),
        answer: Html::trusted(&format!("<p>{text}</p>")),
    };
    let items = studio.texts.points.into_iter().enumerate().map(item).collect();
    studio.theme.fragment(&studio.words, &FaqView { items })
}

pub(super) fn figure(studio: &Studio<'_>) -> Result<Html, ThemeError> {
    let picture = picture("bed-oak", Slot::Figure, "Low oak bed frame with white bedding");
    let caption = Some(studio.texts.names[5].into());
    studio.theme.fragment(&studio.words, &PictureFigureView { picture, caption })
}
