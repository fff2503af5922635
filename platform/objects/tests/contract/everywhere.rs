//! What every store promises.

use vitrine_core::{Clock as _, ContentHash, SystemClock};
use vitrine_objects::{ObjectError, Version};

use super::place::{Place, page};

/// Makes three tests of one: a live directory, a fresh one, and S3.
macro_rules! everywhere {
    ($($name:ident)+) => {
        mod live { $(#[tokio::test] async fn $name() { super::$name(super::Place::directory().await).await; })+ }
        mod fresh { $(#[tokio::test] async fn $name() { super::$name(super::Place::fresh().await).await; })+ }
        mod s3 { $(#[tokio::test] async fn $name() { super::$name(super::Place::s3().await).await; })+ }
    };
}

everywhere! {
    what_is_put_is_got
    what_was_replaced_can_be_got_and_restored
    what_was_deleted_can_be_got_and_restored
    an_unknown_version_is_none
    keys_are_listed_in_byte_order
    a_listing_goes_on_where_it_ended
    keys_may_be_any_text
    keys_that_lead_out_are_refused
    nothing_to_do_is_done
    many_are_deleted_at_once
    versions_are_collected_by_when_they_were_replaced
}

async fn what_is_put_is_got(place: Place) {
    assert_eq!(place.text("de/index.html").await, None);
    assert_eq!(place.objects.head("de/index.html").await.unwrap(), None);
    let stored = place.put("de/index.html", "Grüß Gott").await;
    assert_eq!(stored.hash, Some(ContentHash::of("Grüß Gott".as_bytes())));
    assert_eq!(stored.bytes, 11);
    assert_eq!(place.text("de/index.html").await.as_deref(), Some("Grüß Gott"));
    assert_eq!(place.objects.head("de/index.html").await.unwrap(), Some(stored));
    place.put("de/empty", "").await;
    assert_eq!(place.text("de/empty").await.as_deref(), Some(""));
    place.objects.settle().await.unwrap();
}

async fn what_was_replaced_can_be_got_and_restored(place: Place) {
    let key = "de/p/枕/index.html";
    let one = place.put(key, "one").await;
    let two = place.put(key, "two").await;
    assert_ne!(one.version, two.version);
    let at = async |version: &Version| place.objects.get(key, Some(version)).await.unwrap();
    assert_eq!(at(&one.version).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(at(&two.version).await.as_deref(), Some(&b"two"[..]), "the live one has a version too");
    let restored = place.objects.restore(key, &one.version).await.unwrap();
    assert_eq!((restored.hash, restored.bytes), (one.hash, 3));
    assert_eq!(place.objects.head(key).await.unwrap(), Some(restored.clone()));
    assert_eq!(place.text(key).await.as_deref(), Some("one"));
    assert_eq!(at(&two.version).await.as_deref(), Some(&b"two"[..]));
    // A rollback that was interrupted restores again, also what is live.
    let again = place.objects.restore(key, &one.version).await.unwrap();
    place.objects.restore(key, &again.version).await.unwrap();
    assert_eq!(place.text(key).await.as_deref(), Some("one"));
}

async fn what_was_deleted_can_be_got_and_restored(place: Place) {
    let one = place.put("de/p/a/index.html", "one").await;
    place.objects.delete(&["de/p/a/index.html"]).await.unwrap();
    assert_eq!(place.text("de/p/a/index.html").await, None);
    assert_eq!(place.objects.head("de/p/a/index.html").await.unwrap(), None);
    assert_eq!(place.keys("", None, 10).await, Vec::<String>::new());
    let old = place.objects.get("de/p/a/index.html", Some(&one.version)).await.unwrap();
    assert_eq!(old.as_deref(), Some(&b"one"[..]));
    place.objects.delete(&["de/p/a/index.html"]).await.unwrap();
    let restored = place.objects.restore("de/p/a/index.html", &one.version).await.unwrap();
    assert_eq!(restored.hash, one.hash);
    assert_eq!(place.text("de/p/a/index.html").await.as_deref(), Some("one"));
}

async fn an_unknown_version_is_none(place: Place) {
    place.put("de/index.html", "one").await;
    for name in [ContentHash::of(b"never").hex().as_str(), "no-such-version"] {
        let version = Version::new(name);
        assert_eq!(place.objects.get("de/index.html", Some(&version)).await.unwrap(), None, "{name}");
        let error = place.objects.restore("de/index.html", &version).await.unwrap_err();
        assert!(matches!(&error, ObjectError::NoVersion { key, .. } if key == "de/index.html"), "{error}");
        assert!(!error.is_transient());
    }
}

async fn keys_are_listed_in_byte_order(place: Place) {
    let keys = ["de-at.html", "de/a/index.html", "de/index.html", "de0", "jp/枕/index.html", "z", "é"];
    for key in keys.iter().rev().chain(&["_vitrine/site.json"]) {
        place.put(key, key).await;
    }
    assert_eq!(place.keys("", None, 100).await, keys);
    assert_eq!(place.keys("de/", None, 100).await, ["de/a/index.html", "de/index.html"]);
    assert_eq!(place.keys("de", None, 100).await, &keys[..4]);
    assert_eq!(place.keys("jp/枕", None, 100).await, ["jp/枕/index.html"]);
    assert_eq!(place.keys("_vitrine/", None, 100).await, Vec::<String>::new());
    assert_eq!(place.text("_vitrine/site.json").await.as_deref(), Some("_vitrine/site.json"));
    let listed = place.objects.list("de0", None, 1).await.unwrap().remove(0);
    let there = place.objects.head("de0").await.unwrap().unwrap();
    assert_eq!(listed.bytes, 3);
    assert!(listed.etag.is_none_or(|etag| etag == there.etag));
}

async fn a_listing_goes_on_where_it_ended(place: Place) {
    let keys: Vec<String> = (0..25).map(|number| format!("de/{}/{number:02}", number % 3)).collect();
    let puts: Vec<_> = keys.iter().map(|key| page(key, key)).collect();
    place.objects.put(&puts).await.unwrap();
    place.put("_vitrine/site.json", "{}").await;
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let part = place.keys("", after.as_deref(), 4).await;
        assert!(part.len() <= 4);
        let Some(last) = part.last() else { break };
        after = Some(last.clone());
        found.extend(part);
    }
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    assert_eq!(place.keys("", None, 0).await, Vec::<String>::new());
}

async fn keys_may_be_any_text(place: Place) {
    let keys = ["jp/p/枕/index.html", "a b+c%20%/ü'(1)&=@:,!~$;\"<>#?\\*.html", "ar/ص/index.html", "..."];
    let mut versions = Vec::new();
    for key in keys {
        versions.push(place.put(key, key).await.version);
        assert_eq!(place.text(key).await.as_deref(), Some(key));
        place.put(key, "new").await;
    }
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    assert_eq!(place.keys("", None, 10).await, sorted);
    for (key, version) in keys.iter().zip(&versions) {
        place.objects.restore(key, version).await.unwrap();
        assert_eq!(place.text(key).await.as_deref(), Some(*key));
    }
    place.objects.delete(&keys).await.unwrap();
    assert_eq!(place.keys("", None, 10).await, Vec::<String>::new());
}

async fn keys_that_lead_out_are_refused(place: Place) {
    for key in ["", "/etc/passwd", "de/../../x", "de//x", "de/", "_vitrine/versions/x", "a\nb"] {
        let version = Version::new(ContentHash::of(b"").hex());
        let refused = [
            place.objects.put(&[page(key, "x")]).await.err(),
            place.objects.delete(&["de/index.html", key]).await.err(),
            place.objects.get(key, None).await.err(),
            place.objects.head(key).await.err(),
            place.objects.restore(key, &version).await.err(),
        ];
        for error in refused {
            assert!(matches!(&error, Some(ObjectError::Key { key: named, .. }) if named == key), "{error:?}");
        }
    }
    assert_eq!(place.keys("", None, 10).await, Vec::<String>::new());
}

async fn nothing_to_do_is_done(place: Place) {
    assert_eq!(place.objects.put(&[]).await.unwrap(), []);
    place.objects.delete(&[]).await.unwrap();
    assert_eq!(place.objects.list("", None, 10).await.unwrap(), []);
    assert_eq!(place.objects.collect(SystemClock.now()).await.unwrap(), 0);
    place.objects.settle().await.unwrap();
}

async fn many_are_deleted_at_once(place: Place) {
    let keys: Vec<String> = (0..1_200).map(|number| format!("de/p/{number}/index.html")).collect();
    // Not every one is there: an absent one is fine.
    let there: Vec<_> = keys.iter().step_by(25).map(|key| page(key, key)).collect();
    let stored = place.objects.put(&there).await.unwrap();
    assert_eq!(stored.len(), 48);
    place.put("de/index.html", "home").await;
    assert_eq!(place.keys("", None, 100).await.len(), 49);
    place.objects.delete(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(place.keys("", None, 100).await, ["de/index.html"]);
}

async fn versions_are_collected_by_when_they_were_replaced(place: Place) {
    let one = place.put("de/index.html", "one").await;
    place.put("de/index.html", "two").await;
    let gone = place.put("de/gone.html", "gone").await;
    place.objects.delete(&["de/gone.html"]).await.unwrap();
    let hour = 3_600_000;
    let now = SystemClock.now();
    assert_eq!(place.objects.collect(now.plus_ms(-hour)).await.unwrap(), 0);
    assert!(place.objects.get("de/index.html", Some(&one.version)).await.unwrap().is_some());
    assert_eq!(place.objects.collect(now.plus_ms(hour)).await.unwrap(), 2);
    assert_eq!(place.objects.get("de/index.html", Some(&one.version)).await.unwrap(), None);
    let error = place.objects.restore("de/gone.html", &gone.version).await.unwrap_err();
    assert!(matches!(error, ObjectError::NoVersion { .. }), "{error}");
    assert_eq!(place.text("de/index.html").await.as_deref(), Some("two"), "what is live stays");
    assert_eq!(place.text("de/gone.html").await, None, "what was deleted does not come back");
    assert_eq!(place.objects.collect(now.plus_ms(hour)).await.unwrap(), 0);
}
