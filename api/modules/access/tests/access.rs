//! Tokens, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use vitrine_access::{Access, Error, Issued, MODULE, NewToken, Scope};
use vitrine_core::{FixedClock, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;

const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
const DAY: i64 = 86_400_000;

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn door(db: &Db) -> (Access, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::new(NOW));
    (Access::new(db.clone(), clock.clone()), clock)
}

fn new(scopes: &str) -> NewToken {
    NewToken { name: "ci".into(), scopes: scopes.parse().unwrap(), life_ms: 90 * DAY }
}

async fn issue(access: &Access, shop: &str, scopes: &str) -> Issued {
    access.create(&store(shop), &new(scopes)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_its_store_and_scopes() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, _) = door(&db);
        let issued = issue(&access, "nimbus", "publish,status").await;
        let text = issued.text.reveal();
        let grant = access.authorise(&text, Scope::Publish).await.unwrap();
        assert_eq!((grant.store.as_str(), &grant.token), ("nimbus", &issued.token.id));
        assert_eq!(grant.expires_at, NOW.plus_days(90));
        assert!(access.authorise(&text, Scope::Status).await.is_ok());
        let refused = access.authorise(&text, Scope::Webhook).await;
        assert!(matches!(refused, Err(Error::Scope(Scope::Webhook))), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_at_its_time() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, clock) = door(&db);
        let text = issue(&access, "nimbus", "publish").await.text.reveal();
        clock.advance_ms(90 * DAY - 1);
        assert!(access.authorise(&text, Scope::Publish).await.is_ok());
        clock.advance_ms(1);
        assert!(matches!(access.authorise(&text, Scope::Publish).await, Err(Error::Expired)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_as_good_as_none() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, clock) = door(&db);
        let issued = issue(&access, "nimbus", "publish").await;
        let (id, text) = (issued.token.id, issued.text.reveal());
        assert!(!access.revoke(&store("other"), &id).await.unwrap(), "another store's hand");
        assert!(access.authorise(&text, Scope::Publish).await.is_ok());
        clock.advance_ms(5);
        assert!(access.revoke(&store("nimbus"), &id).await.unwrap());
        assert!(!access.revoke(&store("nimbus"), &id).await.unwrap());
        assert!(matches!(access.authorise(&text, Scope::Publish).await, Err(Error::Invalid)));
        let listed = access.list(&store("nimbus")).await.unwrap();
        assert_eq!(listed[0].revoked_at, Some(NOW.plus_ms(5)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guessed_secret_opens_nothing() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, _) = door(&db);
        let (one, other) =
            (issue(&access, "nimbus", "publish").await, issue(&access, "nimbus", "publish").await);
        let (one, other) = (one.text.reveal(), other.text.reveal());
        let mixed = format!("{}{}", &one[..20], &other[20..]);
        let unknown = format!("vt_{}{}", "0".repeat(16), &one[19..]);
        for wrong in [mixed.as_str(), &unknown, "", "vt_", "Bearer x", &one[..83]] {
            let refused = access.authorise(wrong, Scope::Publish).await;
            assert!(matches!(refused, Err(Error::Invalid)), "{wrong}: {refused:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_not_in_the_database() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, _) = door(&db);
        let text = issue(&access, "nimbus", "publish").await.text.reveal();
        let (_, secret) = text[3..].split_once('_').unwrap();
        let rows: Vec<(String, String, String, String)> =
            sqlx::query_as("SELECT id, name, secret_hash, scopes FROM access_token")
                .fetch_all(db.reader())
                .await
                .unwrap();
        assert_eq!(rows.len(), 1);
        let (id, name, hash, scopes) = &rows[0];
        assert!([id, name, hash, scopes].iter().all(|value| !value.contains(secret)));
        assert_eq!(hash.len(), 64);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_noted_once_a_minute() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, clock) = door(&db);
        let text = issue(&access, "nimbus", "publish").await.text.reveal();
        let shop = store("nimbus");
        for (at, noted) in [(0, 0), (59_999, 0), (60_000, 60_000), (61_000, 60_000)] {
            clock.set(NOW.plus_ms(at));
            let grant = access.authorise(&text, Scope::Publish).await.unwrap();
            access.note_use(&grant).await.unwrap();
            let listed = access.list(&shop).await.unwrap();
            assert_eq!(listed[0].last_used_at, Some(NOW.plus_ms(noted)), "after {at} ms");
        }
        // One who read the row long ago does not put the clock back or write again.
        clock.set(NOW.plus_ms(61_500));
        let stale = access.authorise(&text, Scope::Publish).await.unwrap();
        clock.set(NOW.plus_ms(130_000));
        let fresh = access.authorise(&text, Scope::Publish).await.unwrap();
        access.note_use(&fresh).await.unwrap();
        access.note_use(&stale).await.unwrap();
        assert_eq!(access.list(&shop).await.unwrap()[0].last_used_at, Some(NOW.plus_ms(130_000)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_do_not_see_each_others_tokens() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, clock) = door(&db);
        let first = issue(&access, "nimbus", "publish").await;
        clock.advance_ms(1);
        let second = access
            .create(&store("nimbus"), &NewToken { name: "Überwachung".into(), ..new("status") })
            .await
            .unwrap();
        let other = issue(&access, "other", "publish").await;
        let ids =
            |tokens: Vec<vitrine_access::Token>| tokens.into_iter().map(|token| token.id).collect::<Vec<_>>();
        let listed = ids(access.list(&store("nimbus")).await.unwrap());
        assert_eq!(listed, [first.token.id, second.token.id], "oldest first");
        assert_eq!(ids(access.list(&store("other")).await.unwrap()), [other.token.id]);
        let grant = access.authorise(&other.text.reveal(), Scope::Publish).await.unwrap();
        assert_eq!(grant.store, store("other"));
    })
    .await;
}

/// Two stores may hold the same id; each secret still opens its own.
#[tokio::test(flavor = "multi_thread")]
async fn equal_ids_of_two_stores_are_told_apart_by_their_secret() {
    for_each_backend(&[&MODULE], async |db| {
        let (access, _) = door(&db);
        let one = issue(&access, "nimbus", "publish").await;
        let two = issue(&access, "other", "publish").await;
        let mut tx = db.begin().await.unwrap();
        sqlx::query("UPDATE access_token SET id = $1 WHERE store = 'other'")
            .bind(&one.token.id)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let renamed = two.text.reveal().replace(&two.token.id, &one.token.id);
        for (text, shop) in [(one.text.reveal(), "nimbus"), (renamed, "other")] {
            assert_eq!(access.authorise(&text, Scope::Publish).await.unwrap().store, store(shop));
        }
    })
    .await;
}
