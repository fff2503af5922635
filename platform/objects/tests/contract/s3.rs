//! What only S3 does: headers, conditions, versions by id, refusals.

use std::sync::Arc;

use futures_util::future::join_all;
use vitrine_core::ContentHash;
use vitrine_objects::{ObjectError, Objects as _, Put, S3, S3Settings, Was};

use super::place::{Bucket, endpoint, page};

async fn connect(settings: S3Settings) -> Arc<S3> {
    Arc::new(S3::connect(settings).await.unwrap())
}

#[tokio::test]
async fn headers_are_served_as_they_were_put_also_after_a_restore() {
    let bucket = Bucket::new().await;
    let s3 = connect(bucket.settings()).await;
    let one = s3.put(&[page("jp/p/枕/index.html", "one")]).await.unwrap().remove(0);
    s3.put(&[Put::new("jp/p/枕/index.html", b"two", ContentHash::of(b"two"))]).await.unwrap();
    s3.restore("jp/p/枕/index.html", &one.version).await.unwrap();
    // As a CDN reads: without a signature.
    bucket.set_policy("Allow", "s3:GetObject").await;
    let url = format!("{}/{}/jp/p/%E6%9E%95/index.html", endpoint(), bucket.name);
    let answer = reqwest::get(url).await.unwrap();
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "public, max-age=60");
    assert_eq!(header("x-amz-meta-tags"), "page:1 category:2");
    assert_eq!(header("x-amz-meta-hash"), ContentHash::of(b"one").hex());
    assert_eq!(answer.text().await.unwrap(), "one");
}

#[tokio::test]
async fn a_put_is_sent_with_a_checksum() {
    let bucket = Bucket::new().await;
    connect(bucket.settings()).await.put(&[page("de/index.html", "123456789")]).await.unwrap();
    let there = bucket.client.head_object().bucket(&bucket.name).key("de/index.html");
    let there = there.checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled).send().await.unwrap();
    // CRC-32 of `123456789` is cbf43926, its published check value.
    assert_eq!(there.checksum_crc32(), Some("y/Q5Jg=="));
}

#[tokio::test]
async fn a_put_on_a_condition_replaces_only_what_it_expects() {
    let bucket = Bucket::new().await;
    let s3 = connect(bucket.settings()).await;
    let put = async |text: &str, was: Was<'_>| {
        s3.put(&[Put { was, ..page("de/index.html", text) }]).await.map(|mut all| all.remove(0))
    };
    let one = put("one", Was::Absent).await.unwrap();
    let two = put("two", Was::Is(&one.etag)).await.unwrap();
    for (text, was) in [("three", Was::Absent), ("four", Was::Is(&one.etag))] {
        let error = put(text, was).await.unwrap_err();
        assert!(matches!(&error, ObjectError::Changed { key } if key == "de/index.html"), "{error}");
        assert!(!error.is_transient());
    }
    assert_eq!(s3.head("de/index.html").await.unwrap(), Some(two));
    put("five", Was::Unknown).await.unwrap();
    s3.delete(&["de/index.html"]).await.unwrap();
    let gone = put("six", Was::Is(&one.etag)).await.unwrap_err();
    assert!(matches!(gone, ObjectError::Changed { .. }), "{gone}");
    put("seven", Was::Absent).await.unwrap();
}

#[tokio::test]
async fn a_store_without_conditions_puts_anyway() {
    let bucket = Bucket::new().await;
    let s3 = connect(S3Settings { conditional: false, ..bucket.settings() }).await;
    for (text, was) in [("one", Was::Absent), ("two", Was::Absent), ("three", Was::Is("\"other\""))] {
        s3.put(&[Put { was, ..page("de/index.html", text) }]).await.unwrap();
    }
    assert_eq!(s3.get("de/index.html", None).await.unwrap().as_deref(), Some(&b"three"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_that_expect_nothing_one_wins() {
    let bucket = Bucket::new().await;
    let s3 = connect(bucket.settings()).await;
    let texts: Vec<String> = (0..20).map(|number| format!("page {number}")).collect();
    let race = join_all(texts.iter().map(|text| {
        let s3 = s3.clone();
        let text = text.clone();
        tokio::spawn(async move {
            let put = Put { was: Was::Absent, ..page("de/index.html", &text) };
            s3.put(&[put]).await.map(|_| text.clone())
        })
    }));
    let (won, lost): (Vec<_>, Vec<_>) = race.await.into_iter().map(Result::unwrap).partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for error in lost.into_iter().map(Result::unwrap_err) {
        assert!(matches!(&error, ObjectError::Changed { key } if key == "de/index.html"), "{error}");
    }
    let winner = won.into_iter().next().unwrap().unwrap();
    assert_eq!(s3.get("de/index.html", None).await.unwrap(), Some(winner.into_bytes()));
}

#[tokio::test]
async fn two_prefixes_of_a_bucket_know_nothing_of_each_other() {
    let bucket = Bucket::new().await;
    let de = connect(S3Settings { prefix: "shop/de".into(), ..bucket.settings() }).await;
    let de_at = connect(S3Settings { prefix: "shop/de-at/".into(), ..bucket.settings() }).await;
    de.put(&[page("index.html", "de")]).await.unwrap();
    de_at.put(&[page("index.html", "at")]).await.unwrap();
    de_at.put(&[page("index.html", "AT")]).await.unwrap();
    let keys =
        |listed: Vec<vitrine_objects::Listed>| listed.into_iter().map(|one| one.key).collect::<Vec<_>>();
    assert_eq!(keys(de.list("", None, 10).await.unwrap()), ["index.html"]);
    let later = vitrine_core::Timestamp::from_ms(i64::from(u32::MAX) * 1_000);
    assert_eq!(de.collect(later).await.unwrap(), 0);
    assert_eq!(de_at.collect(later).await.unwrap(), 1);
    assert_eq!(de.get("index.html", None).await.unwrap().as_deref(), Some(&b"de"[..]));
    let whole = connect(bucket.settings()).await;
    assert_eq!(
        keys(whole.list("", None, 10).await.unwrap()),
        ["shop/de-at/index.html", "shop/de/index.html"]
    );
}

#[tokio::test]
async fn collecting_leaves_no_mark_of_a_deletion_behind() {
    let bucket = Bucket::new().await;
    let s3 = connect(bucket.settings()).await;
    for key in ["a", "b"] {
        s3.put(&[page(key, "one")]).await.unwrap();
    }
    s3.delete(&["a", "b"]).await.unwrap();
    s3.put(&[page("b", "again")]).await.unwrap();
    let later = vitrine_core::Timestamp::from_ms(i64::from(u32::MAX) * 1_000);
    assert_eq!(s3.collect(later).await.unwrap(), 2);
    let left = bucket.client.list_object_versions().bucket(&bucket.name).send().await.unwrap();
    assert_eq!(left.delete_markers(), []);
    assert_eq!(left.versions().iter().map(|one| one.key().unwrap()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(s3.get("a", None).await.unwrap(), None);
}

#[tokio::test]
async fn a_bucket_without_versioning_restores_nothing() {
    let bucket = Bucket::without_versions().await;
    let s3 = connect(bucket.settings()).await;
    let one = s3.put(&[page("de/index.html", "one")]).await.unwrap().remove(0);
    assert_eq!(one.version.as_str(), "null");
    assert_eq!(s3.get("de/index.html", Some(&one.version)).await.unwrap().as_deref(), Some(&b"one"[..]));
    s3.put(&[page("de/index.html", "two")]).await.unwrap();
    let error = s3.restore("de/index.html", &one.version).await.unwrap_err();
    assert!(matches!(error, ObjectError::NoVersion { .. }), "{error}");
    assert_eq!(s3.get("de/index.html", None).await.unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(s3.collect(vitrine_core::Timestamp::from_ms(i64::MAX)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named_at_once() {
    let bucket = Bucket::new().await;
    let settings =
        S3Settings { bucket: "no-such-bucket-here".into(), prefix: "shop".into(), ..bucket.settings() };
    let s3 = connect(settings).await;
    let error = s3.put(&[page("de/index.html", "x")]).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with("PutObject s3://no-such-bucket-here/shop/de/index.html: 404 NoSuchBucket"),
        "{text}"
    );
    assert!(s3.get("de/index.html", None).await.is_err(), "a missing bucket is no missing object");
    assert!(s3.list("", None, 1).await.is_err() && s3.delete(&["de/index.html"]).await.is_err());
}

#[tokio::test]
async fn a_refusal_is_permanent_and_names_bucket_and_key() {
    let bucket = Bucket::new().await;
    bucket.set_policy("Deny", "s3:PutObject").await;
    let s3 = connect(bucket.settings()).await;
    let error = s3.put(&[page("de/index.html", "x")]).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("PutObject s3://{}/de/index.html: 403", bucket.name)), "{text}");
}
