use serde_json::json;

use super::*;
use crate::fixture::{Stock, plain, read};

fn table(attributes: serde_json::Value, base: &str) -> String {
    let mut cloud = plain(1, "cloud");
    cloud.product.attributes = read(attributes);
    for layer in cloud.texts.iter_mut().filter(|layer| layer.lang.as_str() == "de") {
        layer.text.attributes = read(json!({ "care": "Handwäsche" }));
    }
    let shop = Stock { products: vec![cloud], ..Stock::default() }.open();
    let shared = shop.shared(base, 1).unwrap();
    specs(&shop.maker(base), shared.record, &shared.text).unwrap().as_str().to_owned()
}

#[test]
fn facts_stand_in_the_order_of_the_type_and_what_is_not_stated_has_no_row() {
    let html = table(json!({ "washable": true, "weight": { "number": "1.5" } }), "/de/");
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is missing in {html}"));
    assert!(at("care") < at("Gewicht") && at("Gewicht") < at("washable"));
    assert!(!html.contains("colour"), "{html}");
    assert_eq!(html.matches("<tr>").count(), 3);
}

#[test]
fn values_are_said_in_words_and_units() {
    let html = table(
        json!({ "washable": false, "colour": ["white", "blue"], "weight": { "number": "1.5" } }),
        "/de/",
    );
    let html = html.replace(['\u{2068}', '\u{2069}'], "");
    assert!(html.contains("<td>no</td>") && html.contains("<td>white, blue</td>"), "{html}");
    assert!(html.contains("unit_kg 1,5"), "{html}");
}

#[test]
fn a_text_from_another_language_says_which() {
    assert!(table(json!({}), "/ch-de/").contains("<td>Handwäsche</td>"));
    let html = table(json!({}), "/ch-fr/");
    assert!(html.contains("<td lang=\"de\">Handwäsche</td>"), "{html}");
}

#[test]
fn without_any_fact_there_is_no_table() {
    let shop = Stock { products: vec![plain(1, "cloud")], ..Stock::default() }.open();
    let shared = shop.shared("/de/", 1).unwrap();
    assert!(specs(&shop.maker("/de/"), shared.record, &shared.text).unwrap().is_empty());
}
