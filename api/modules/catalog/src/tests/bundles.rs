use super::*;
use crate::Part;

async fn bundles(db: &Db, store: &StoreId, part: &str) -> Vec<(String, Vec<(String, u32)>)> {
    let mut connection = db.reader().acquire().await.unwrap();
    let found = Catalog::bundles_with_in(&mut connection, store, &[sku(part)]).await.unwrap();
    let parts =
        |parts: Vec<Part>| parts.into_iter().map(|part| (part.sku.to_string(), part.quantity)).collect();
    found.into_iter().map(|bundle| (bundle.sku.to_string(), parts(bundle.parts))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_are_found_by_their_parts_as_long_as_they_have_them() {
    on_both(async |db| {
        let store = nimbus();
        let mut set = product("set", "set", &["SET", "SINGLE"]);
        let part = |name: &str, quantity| Part { sku: sku(name), quantity };
        set.product.variants[0].parts = vec![part("A", 2), part("B", 1)];
        put(&db, &store, &files(1), &[product("other", "other", &["A"]), set.clone()]).await;
        let whole = [("SET".to_owned(), vec![("A".to_owned(), 2), ("B".to_owned(), 1)])];
        assert_eq!(bundles(&db, &store, "A").await, whole);
        assert_eq!(bundles(&db, &store, "B").await, whole);
        assert_eq!(bundles(&db, &store, "SET").await, []);

        set.product.variants[0].parts = vec![part("B", 3)];
        put(&db, &store, &files(2), std::slice::from_ref(&set)).await;
        assert_eq!(bundles(&db, &store, "A").await, []);
        assert_eq!(bundles(&db, &store, "B").await, [("SET".to_owned(), vec![("B".to_owned(), 3)])]);

        let gone =
            edit(&db, async |tx| Catalog::remove_in(tx, &store, &files(3), &[product_id("set")]).await);
        assert_eq!(gone.await.outcomes.len(), 1);
        assert_eq!(bundles(&db, &store, "B").await, []);
    })
    .await;
}
