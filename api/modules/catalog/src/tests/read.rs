use super::*;
use crate::visible_variants;

#[tokio::test(flavor = "multi_thread")]
async fn ranges_and_lists_read_the_same_products() {
    on_both(async |db| {
        let store = nimbus();
        let inputs: Vec<_> =
            (0..1203).map(|n| product(&format!("p{n}"), &format!("s{n}"), &[&format!("SKU-{n}")])).collect();
        let result = put(&db, &store, &files(1), &inputs).await;
        assert_eq!((result.outcomes.len(), result.errors.len(), result.changes.len()), (1203, 0, 1203));

        let everything = all(&db, &store).await;
        assert_eq!(everything.len(), 1203);
        let mut ranged = Vec::new();
        loop {
            let after = ranged.last().map_or(0, |record: &ProductRecord| record.seq);
            let next = Catalog::products(&db, &store, after, 500).await.unwrap();
            if next.is_empty() {
                break;
            }
            ranged.extend(next);
        }
        assert_eq!(ranged, everything);
        let seqs: Vec<i64> = everything.iter().rev().map(|record| record.seq).chain([99_999]).collect();
        assert_eq!(Catalog::products_by_seq(&db, &store, &seqs).await.unwrap(), everything);
        let outlines = Catalog::outline(&db, &store, 0, 5000).await.unwrap();
        assert_eq!(Catalog::outline_of(&db, &store, &seqs).await.unwrap(), outlines);
        let ids = [product_id("p7"), product_id("nope")];
        let seqs = Catalog::seqs_of(&db, &store, &ids).await.unwrap();
        assert_eq!(seqs, [(product_id("p7"), everything[7].seq)].into());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outline_agrees_with_the_product() {
    on_both(async |db| {
        let store = nimbus();
        let input: ProductInput = serde_json::from_value(json!({
            "product": {
                "id": "cloud", "type": "mattress", "tax_class": "standard",
                "publish_at": 3 * DAY, "unpublish_at": 40 * DAY, "not_in": ["JP"],
                "categories": [{ "id": "beds", "rank": 4 }],
                "variants": [{ "sku": "A" }, { "sku": "B", "not_in": ["CH"] }, { "sku": "C" }],
            },
            "texts": { "de": { "name": "Wolke", "slug": "wolke" }, "de-CH": { "summary": "Grüezi" } },
            "prices": {
                "A": { "DE": { "base": { "minor": 5 } }, "JP": { "base": { "minor": 5 } } },
                "B": {
                    "CH": { "base": { "minor": 5 } },
                    "DE": { "windows": [{ "minor": 4, "from": 10 * DAY, "until": 20 * DAY }] },
                },
            },
        }))
        .unwrap();
        put(&db, &store, &files(1), &[input]).await;
        let record = one(&db, &store, "cloud").await;
        let outline = &Catalog::outline(&db, &store, 0, 9).await.unwrap()[0];
        assert_eq!((outline.hash, outline.seq), (record.hash, record.seq));
        assert_eq!(outline.slugs.iter().map(|(lang, _)| lang.as_str()).collect::<Vec<_>>(), ["de"]);
        assert_eq!(outline.categories, record.product.categories);
        for code in ["DE", "CH", "JP", "GB"] {
            for n in 0..45 {
                let (country, as_of) = (country(code), day(n));
                let narrow: Vec<u16> =
                    outline.visible_variants(country, as_of).map(|variant| variant.number).collect();
                let offer = record.offer(country).map(|layer| layer.offer.clone()).unwrap_or_default();
                let full = visible_variants(&record.product, &offer, country, as_of);
                let full: Vec<u16> = full.iter().map(|visible| visible.variant.number).collect();
                assert_eq!(narrow, full, "{code} day {n}");
            }
        }
    })
    .await;
}
