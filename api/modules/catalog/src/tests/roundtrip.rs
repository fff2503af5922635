//! What is put comes back as it was put.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::layers::{Layers, source_hash};

/// Products with odd but valid content; variants `V0..`.
fn any_product(id: String) -> impl Strategy<Value = ProductInput> {
    let amount = (1i64..1000, any::<bool>()).prop_map(|(minor, reduced)| {
        if reduced { json!({ "minor": minor, "compare_at": minor + 1 }) } else { json!({ "minor": minor }) }
    });
    let window =
        (amount.clone(), 0i64..50, proptest::option::of(50i64..90)).prop_map(|(mut window, from, until)| {
            window["from"] = json!(from * DAY);
            if let Some(until) = until {
                window["until"] = json!(until * DAY);
            }
            window
        });
    let price = (proptest::option::of(amount), proptest::collection::vec(window, 0..3)).prop_map(
        |(base, windows)| match base {
            Some(base) => json!({ "base": base, "windows": windows }),
            None => json!({ "windows": windows }),
        },
    );
    let variant = (
        proptest::option::of(1u32..9000),
        proptest::option::of(price.clone()),
        proptest::option::of(price),
        proptest::option::of(prop_oneof![Just("in"), Just("low"), Just("out"), Just("backorder")]),
    );
    let text = ("[a-zäß ]{1,9}", proptest::option::of("\\PC{0,40}"), proptest::option::of("\\PC{0,80}"));
    let reviews = proptest::option::of(proptest::collection::vec((1u8..6, "\\PC{0,20}"), 0..3));
    (proptest::collection::vec(variant, 1..5), text, any::<bool>(), reviews).prop_map(move |(variants, text, draft, reviews)| {
        let mut value = json!({
            "product": { "id": id, "type": "bed", "tax_class": "standard", "status": if draft { "draft" } else { "published" }, "variants": [] },
            "texts": { "de": { "name": text.0, "slug": format!("s-{id}"), "summary": text.1, "body": text.2 } },
            "prices": {}, "availability": {},
        });
        let mut product_variants = Vec::new();
            for (n, (weight, de, gb, state)) in variants.into_iter().enumerate() {
            let sku = format!("{id}-V{n}");
            product_variants.push(json!({ "sku": sku, "weight_g": weight }));
            for (country, price) in [("DE", de), ("GB", gb)] {
                if let Some(price) = price {
                    value["prices"][&sku][country] = price;
                }
            }
            if let Some(state) = state {
                value["availability"][&sku] = json!(state);
            }
        }
        value["product"]["variants"] = Value::Array(product_variants);
        if let Some(reviews) = reviews {
            let reviews = reviews.iter().map(|(rating, title)| json!({ "rating": rating, "date": 0, "lang": "de", "title": title }));
            value["reviews"] = reviews.collect();
        }
        serde_json::from_value(value).unwrap()
    })
}

proptest! {
    #[test]
    fn layers_give_back_what_was_put_last(
        first in any_product("x".into()),
        second in any_product("x".into()),
        now in 0i64..100,
    ) {
        let (old, _) = Layers::put(None, &first, &Default::default(), day(0));
        let numbers = old.product.variants.iter().map(|variant| (variant.sku.clone(), variant.number)).collect();
        let (layers, _) = Layers::put(Some(&old), &second, &numbers, day(now));
        prop_assert_eq!(source_hash(&layers.input()).unwrap(), source_hash(&second).unwrap());
        let (again, _) = Layers::put(Some(&layers), &layers.input(), &numbers_of(&layers), day(now));
        prop_assert_eq!((&again.product, again.signals()), (&layers.product, layers.signals()));
    }
}

fn numbers_of(layers: &Layers) -> std::collections::BTreeMap<Sku, u16> {
    layers.product.variants.iter().map(|variant| (variant.sku.clone(), variant.number)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_put_again_changes_nothing() {
    on_both(async |db| {
        let store = nimbus();
        let mut runner = TestRunner::deterministic();
        let inputs: Vec<ProductInput> =
            (0..60).map(|n| any_product(format!("p{n}")).new_tree(&mut runner).unwrap().current()).collect();
        assert!(put(&db, &store, &files(1), &inputs).await.errors.is_empty());
        let before = all(&db, &store).await;
        let mut exported = Vec::new();
        loop {
            let after = exported.last().map_or(0, |(seq, _): &(i64, ProductInput)| *seq);
            let page = Catalog::products_for_export(&db, &store, Origin::Files, after, 25).await.unwrap();
            if page.is_empty() {
                break;
            }
            exported.extend(page);
        }
        let exported: Vec<_> = exported.into_iter().map(|(_, input)| input).collect();
        assert_eq!(exported.len(), inputs.len());
        let again = put(&db, &store, &files(2), &exported).await;
        assert!(
            again.outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Unchanged),
            "{:?}",
            again.outcomes
        );
        assert_eq!(all(&db, &store).await, before);
    })
    .await;
}
