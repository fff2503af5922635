//! S3 in trouble: answers 500 and 503, none in time, or loses them.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vitrine_core::ContentHash;
use vitrine_objects::{ObjectError, Objects as _, Put, S3, S3Settings, Was};

use super::place::{Bucket, endpoint, page};
use super::proxy::{Fault, Proxy};

async fn through(proxy: &Proxy, bucket: &Bucket) -> S3 {
    let settings = S3Settings {
        endpoint: Some(proxy.address.clone()),
        concurrency: NonZeroUsize::new(8).unwrap(),
        attempt_timeout: Duration::from_secs(2),
        ..bucket.settings()
    };
    S3::connect(settings).await.unwrap()
}

/// A fifth of all requests in trouble, in an order that looks random and is the same each time.
fn a_fifth(number: u64, _: &str) -> Fault {
    // The middle of a product with an odd constant (Knuth's multiplicative hash).
    match (number.wrapping_mul(2_654_435_761) >> 16) % 50 {
        0..4 => Fault::Status(503, "SlowDown"),
        4..7 => Fault::Status(500, "InternalError"),
        7..8 => Fault::Status(409, "OperationAborted"),
        8..9 => Fault::Stall,
        9..10 => Fault::LoseAnswer,
        _ => Fault::None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_fifth_of_all_requests_failing_nothing_is_lost() {
    let bucket = Bucket::new().await;
    let proxy = Proxy::start(&endpoint(), a_fifth).await;
    let s3 = through(&proxy, &bucket).await;
    let keys: Vec<String> = (0..200).map(|number| format!("de/p/{number:03}/index.html")).collect();
    let puts: Vec<Put<'_>> = keys.iter().map(|key| Put { was: Was::Absent, ..page(key, key) }).collect();
    let stored = s3.put(&puts).await.unwrap();
    assert!(proxy.faults() > 20, "{} faults prove nothing", proxy.faults());
    // Looked at without the proxy.
    let direct = S3::connect(bucket.settings()).await.unwrap();
    let listed = direct.list("", None, 1_000).await.unwrap();
    assert_eq!(listed.iter().map(|one| &one.key).collect::<Vec<_>>(), keys.iter().collect::<Vec<_>>());
    for ((one, listed), key) in stored.iter().zip(&listed).zip(&keys) {
        assert_eq!(one.hash, Some(ContentHash::of(key.as_bytes())));
        assert_eq!(Some(&one.etag), listed.etag.as_ref(), "{key}");
    }
    // The rest of the door through the same trouble.
    let texts: Vec<String> = keys.iter().map(|key| format!("new {key}")).collect();
    let again = keys.iter().zip(&texts).zip(&stored).step_by(10);
    let again: Vec<Put<'_>> =
        again.map(|((key, text), one)| Put { was: Was::Is(&one.etag), ..page(key, text) }).collect();
    s3.put(&again).await.unwrap();
    for (key, one) in keys.iter().zip(&stored).step_by(10) {
        s3.restore(key, &one.version).await.unwrap();
        assert_eq!(s3.get(key, None).await.unwrap().as_deref(), Some(key.as_bytes()));
    }
    assert_eq!(s3.list("", None, 1_000).await.unwrap().len(), 200);
    s3.delete(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(direct.list("", None, 1_000).await.unwrap(), []);
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_is_not_somebody_elses_change() {
    let bucket = Bucket::new().await;
    let lose_first = |number, _: &str| if number == 0 { Fault::LoseAnswer } else { Fault::None };
    let proxy = Proxy::start(&endpoint(), lose_first).await;
    let s3 = through(&proxy, &bucket).await;
    let stored = s3.put(&[Put { was: Was::Absent, ..page("de/index.html", "one") }]).await.unwrap();
    assert_eq!(proxy.requests(), 3, "the lost one, the refused one, and the look at what is there");
    assert_eq!(s3.head("de/index.html").await.unwrap(), stored.into_iter().next());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_read_again() {
    let bucket = Bucket::new().await;
    let first_get = AtomicBool::new(true);
    let truncate_first = move |_, line: &str| {
        let first = line.starts_with("GET") && first_get.swap(false, Ordering::SeqCst);
        if first { Fault::Truncate } else { Fault::None }
    };
    let proxy = Proxy::start(&endpoint(), truncate_first).await;
    let s3 = through(&proxy, &bucket).await;
    s3.put(&[page("de/index.html", "whole")]).await.unwrap();
    assert_eq!(s3.get("de/index.html", None).await.unwrap().as_deref(), Some(&b"whole"[..]));
    assert_eq!(proxy.faults(), 1);
}

#[tokio::test]
async fn a_service_that_stays_down_is_a_transient_error_in_bounded_time() {
    let bucket = Bucket::new().await;
    let proxy = Proxy::start(&endpoint(), |_, _| Fault::Status(503, "SlowDown")).await;
    let settings = S3Settings {
        endpoint: Some(proxy.address.clone()),
        concurrency: NonZeroUsize::new(2).unwrap(),
        attempts: NonZeroU32::new(3).unwrap(),
        ..bucket.settings()
    };
    let s3 = S3::connect(settings).await.unwrap();
    let keys: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    let puts: Vec<Put<'_>> = keys.iter().map(|key| page(key, key)).collect();
    let error = s3.put(&puts).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    let expected = format!("PutObject s3://{}/0: 503 SlowDown: planted", bucket.name);
    assert_eq!(error.to_string(), expected);
    let requests = proxy.requests();
    assert!((3..=12).contains(&requests), "{requests}: after the first failure nothing new is begun");
}

#[tokio::test]
async fn a_service_that_is_silent_or_away_is_a_transient_error() {
    let bucket = Bucket::new().await;
    let proxy = Proxy::start(&endpoint(), |_, _| Fault::Stall).await;
    let settings = S3Settings {
        endpoint: Some(proxy.address.clone()),
        attempts: NonZeroU32::new(2).unwrap(),
        attempt_timeout: Duration::from_millis(200),
        ..bucket.settings()
    };
    let silent = S3::connect(settings.clone()).await.unwrap();
    let error = silent.put(&[page("de/index.html", "x")]).await.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().ends_with("/de/index.html: no answer in time"),
        "{error}"
    );
    assert_eq!(proxy.requests(), 2);
    // A port that nobody listens on.
    let away = S3Settings { endpoint: Some("http://127.0.0.1:9".into()), ..settings };
    let error = S3::connect(away).await.unwrap().get("de/index.html", None).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let bucket = Bucket::new().await;
    let proxy = Proxy::start(&endpoint(), |_, _| Fault::Status(403, "AccessDenied")).await;
    let s3 = Arc::new(through(&proxy, &bucket).await);
    let error = s3.put(&[page("de/index.html", "x")]).await.unwrap_err();
    assert!(matches!(&error, ObjectError::Service { transient: false, .. }), "{error}");
    assert!(error.to_string().contains("403 AccessDenied: planted"), "{error}");
    assert_eq!(proxy.requests(), 1);
}
