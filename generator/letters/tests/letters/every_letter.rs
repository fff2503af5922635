//! Every kind of letter in every language of the demo shop says what it must.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use vitrine_db::testing::for_each_backend;
use vitrine_mail::{Folder, MessageId, Read};
use vitrine_order::{OrderAccess, Orders};

use crate::shop::{MAIL, MODULES, Shop, currency, folder};

/// What tells a language: its country and tag, direction, the total, a day, an hour with its zone, and the titles of
/// all kinds.
struct Said {
    country: &'static str,
    locale: &'static str,
    dir: &'static str,
    total: &'static str,
    day: &'static str,
    hour: &'static str,
    titles: [&'static str; 5],
}

const KINDS: [&str; 5] = ["received", "failed", "shipped", "refunded", "withdrawal"];

const GERMAN: [&str; 5] = [
    "Danke für Ihre Bestellung",
    "Ihre Zahlung hat nicht geklappt",
    "Sie ist unterwegs",
    "Ihr Geld ist auf dem Weg zurück",
    "Eingangsbestätigung Ihres Widerrufs",
];
const EVERYWHERE: [Said; 6] = [
    Said {
        country: "DE",
        locale: "de-DE",
        dir: "ltr",
        total: "1.234,56 €",
        day: "26. November 2026",
        hour: "14:05 Uhr (Europe/Berlin)",
        titles: GERMAN,
    },
    Said {
        country: "CH",
        locale: "de-CH",
        dir: "ltr",
        total: "CHF 1'234.56",
        day: "26. November 2026",
        hour: "14:05 Uhr (Europe/Zurich)",
        titles: GERMAN,
    },
    Said {
        country: "CH",
        locale: "fr-CH",
        dir: "ltr",
        total: "1'234.56 CHF",
        day: "26 novembre 2026",
        hour: "14:05 (Europe/Zurich)",
        titles: [
            "Merci pour votre commande",
            "Votre paiement n’a pas abouti",
            "Elle est en route",
            "Votre remboursement est en route",
            "Accusé de réception de votre rétractation",
        ],
    },
    Said {
        country: "GB",
        locale: "en-GB",
        dir: "ltr",
        total: "£1,234.56",
        day: "26 November 2026",
        hour: "13:05 (Europe/London)",
        titles: [
            "Thank you for your order",
            "Your payment did not go through",
            "It is on its way",
            "Your money is on its way back",
            "Receipt of your withdrawal",
        ],
    },
    Said {
        country: "JP",
        locale: "ja-JP",
        dir: "ltr",
        total: "￥123,456",
        day: "2026年11月26日",
        hour: "22:05（Asia/Tokyo）",
        titles: [
            "ご注文ありがとうございます",
            "お支払いが完了しませんでした",
            "発送しました",
            "返金いたしました",
            "契約撤回の受付確認",
        ],
    },
    Said {
        country: "AE",
        locale: "ar-AE",
        dir: "rtl",
        total: "1,234.56",
        day: "26 نوفمبر 2026",
        hour: "17:05 (Asia/Dubai)",
        titles: [
            "شكرًا على طلبكم",
            "لم تتم عملية الدفع",
            "طلبكم في الطريق",
            "مبلغكم في طريقه إليكم",
            "إشعار باستلام العدول عن العقد",
        ],
    },
];

/// Blanks of all kinds as one, apostrophes as they are read, and no marks of direction.
fn plain(text: &str) -> String {
    let marks = ['\u{200e}', '\u{200f}', '\u{061c}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'];
    let text = text.replace(['\u{a0}', '\u{202f}'], " ").replace(marks, "");
    text.replace("&#x27;", "'").replace("&#39;", "'")
}

/// The letters of a folder by the address they went to and the title of their text.
async fn letters(folder: &Folder) -> BTreeMap<String, Read> {
    let mut letters = BTreeMap::new();
    for file in folder.list(100).await.unwrap() {
        let id = MessageId::try_new(file.file_stem().unwrap().to_str().unwrap()).unwrap();
        let letter = folder.read(&id).await.unwrap().unwrap();
        letters.insert(letter.text.lines().next().unwrap().trim().to_owned(), letter);
    }
    letters
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_must() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db).await;
        for said in &EVERYWHERE {
            let (_state, path) = folder();
            let folder = Folder::new(path);
            let order = shop.order(said.country, said.locale).await;
            let amount = json!({ "minor": 123_456, "currency": currency(said.country) });
            shop.pay("payment_failed", 1, &order, amount.clone()).await;
            shop.place(&order).await;
            shop.ship(&order).await;
            shop.pay("payment_refunded", 2, &order, amount).await;
            shop.withdraw(&order).await;
            assert_eq!(shop.relay().await, 5, "{}", said.locale);
            let postman = shop.postman(Arc::new(folder.clone()));
            let round = postman.round().await.unwrap();
            assert_eq!((round.sent, round.failed), (5, 0), "{}", said.locale);

            let letters = letters(&folder).await;
            for (kind, title) in KINDS.into_iter().zip(said.titles) {
                let letter = letters.get(title).unwrap_or_else(|| panic!("{}: {title}", said.locale));
                look(&shop, said, kind, order.number.as_str(), letter).await;
            }
        }
    })
    .await;
}

async fn look(shop: &Shop, said: &Said, kind: &str, number: &str, letter: &Read) {
    let context = format!("{} {kind}", said.locale);
    let html = letter.html.as_deref().unwrap();
    assert!(html.contains(&format!("<html lang=\"{}\" dir=\"{}\">", said.locale, said.dir)), "{context}");
    assert!(plain(&letter.subject).contains(number), "{context}: {}", letter.subject);
    let recipient = if kind == "withdrawal" { "receipts@example.com" } else { MAIL };
    assert_eq!(letter.to, recipient, "{context}");
    for form in [&letter.text, html] {
        let form = plain(form);
        for fact in [number, said.day, "orders/#", "hello@nimbus.example", "Nimbus"] {
            assert!(form.contains(fact), "{context}: {fact}\n{form}");
        }
        // Neither a message without its words nor one without its arguments.
        assert!(
            !form.contains("mail_") && !form.contains("{ $") && !form.contains("{$"),
            "{context}\n{form}"
        );
        for fact in facts(said, kind) {
            assert!(form.contains(fact), "{context}: {fact}\n{form}");
        }
        if kind == "withdrawal" {
            assert!(form.contains(said.hour), "{context}: {}\n{form}", said.hour);
        }
        if matches!(kind, "received" | "failed" | "refunded") {
            assert!(form.contains(said.total), "{context}: {}\n{form}", said.total);
        }
    }
    assert!(!html.contains("<b>Shopper") && !html.contains("Arc & Bow"), "{context}: it is escaped");
    assert!(!html.contains("<style") && !html.contains("<script") && !html.contains("class="), "{context}");
    // The link is the letter's own, and leads to the order.
    let (_, secret) = letter.text.split_once("orders/#").unwrap();
    let access = OrderAccess::parse(&secret[..32]).unwrap();
    let found = Orders::by_access(&shop.db, &shop.store, &access).await.unwrap();
    assert_eq!(found.number.as_str(), number, "{context}");
}

/// What letters of a kind say besides.
fn facts(said: &Said, kind: &str) -> &'static [&'static str] {
    match (kind, said.locale) {
        ("received", "de-DE") => &[
            "140 × 200 cm",
            "ARC-40",
            "158,00 €",
            "4,90 €",
            "-2,90 €",
            "darin 19 % Steuer",
            "25,55 €",
            "Geschenk",
            "10115 Berlin",
            "Paket",
            "1. Dezember 2026",
            "Karte",
        ],
        ("received", "ar-AE") => &["ARC-40", "ضريبة 19", "هدية", "بطاقة", "الإمارات"],
        ("received", _) => &["ARC-40", "10115", "Berlin"],
        ("shipped", "de-DE") => &["DHL", "00340434", "1 ×", "ein Teil Ihrer Bestellung", "10115 Berlin"],
        ("shipped", _) => &["DHL", "00340434", "ARC-40"],
        ("withdrawal", "de-DE") => {
            &["receipts@example.com", "Ich widerrufe den Vertrag", "GIFT-1", "Shopper"]
        }
        ("withdrawal", _) => &["GIFT-1", "Shopper"],
        _ => &[],
    }
}
