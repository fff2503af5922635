//! Says how long a product page and a card take: `cargo run --release -p vitrine-theme --example speed`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement at the console")]
#![allow(clippy::disallowed_methods, reason = "it measures")]

use std::time::{Duration, Instant};

use vitrine_theme::Theme;
use vitrine_theme::views::{CardView, Head, Html, ProductPage, ShellView};

const ROUNDS: u32 = 20_000;

fn main() {
    let theme = Theme::embedded().unwrap();
    let ids = theme.messages().templates.iter();
    let words = theme.words(&ids.map(|id| (id.clone(), id.clone())).collect()).unwrap();
    let header = Html::trusted(&"<p>header</p>".repeat(200));
    let shell = ShellView {
        lang: "de-DE".into(),
        dir: "ltr".into(),
        country: "DE".into(),
        currency: "EUR".into(),
        store_name: "Nimbus".into(),
        home_url: "/de/".into(),
        theme_color: "#ffffff".into(),
        og_locale: "de_DE".into(),
        manifest_url: None,
        footer: header.clone(),
        header,
    };
    let shell = vitrine_theme::Shell::try_new(&shell, &words).unwrap();
    let card = CardView { url: "/".into(), name: "Cloud".into(), ..CardView::default() };
    let cards = vec![theme.fragment(&words, &card).unwrap(); 4];
    let mut out = Vec::new();
    let page = time(|| {
        let view = ProductPage {
            head: Head { title: "Cloud".into(), alternates: Html::trusted("<link>"), ..Head::default() },
            name: "Cloud".into(),
            gallery: Html::trusted(&"<p>gallery</p>".repeat(200)),
            description: Html::trusted(&"<p>text</p>".repeat(300)),
            related: cards.clone(),
            ..ProductPage::default()
        };
        theme.render(&shell, &view, &mut out).unwrap();
    });
    let card = time(|| {
        theme.fragment(&words, &card).unwrap();
    });
    println!("page {page:?}, card {card:?}, {} bytes", out.len());
}

fn time(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..ROUNDS).for_each(|_| work());
    start.elapsed() / ROUNDS
}
