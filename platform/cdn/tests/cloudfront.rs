//! CloudFront: against moto for what it takes, against an origin that answers as Amazon does for what it refuses.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::path::Path;

use aws_credential_types::Credentials;
use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::config::{BehaviorVersion, Region};
use aws_sdk_cloudfront::types::{
    DefaultCacheBehavior, DistributionConfig, Origin as Source, Origins, S3OriginConfig, ViewerProtocolPolicy,
};
use vitrine_cdn::testing::{Moto, Origin};
use vitrine_cdn::{Cdn, CdnError, CloudFront, CloudFrontConfig, Invalidation, Keys, Price};

async fn at(endpoint: &str, distribution: &str) -> CloudFront {
    let config = CloudFrontConfig::new(distribution);
    let keys = Some(Keys { id: "test".to_owned(), secret: "test".into() });
    CloudFront::connect(&CloudFrontConfig { endpoint: Some(endpoint.to_owned()), keys, ..config }).await
}

/// The SDK by itself, to prepare and to look.
fn client(endpoint: &str) -> Client {
    let config = aws_sdk_cloudfront::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

async fn new_distribution(client: &Client, reference: &str) -> String {
    let source = Source::builder()
        .id("site")
        .domain_name("site.s3.amazonaws.com")
        .s3_origin_config(S3OriginConfig::builder().origin_access_identity("").build());
    let origins = Origins::builder().quantity(1).items(source.build().unwrap()).build().unwrap();
    let behaviour = DefaultCacheBehavior::builder()
        .target_origin_id("site")
        .viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps);
    let config = DistributionConfig::builder()
        .caller_reference(reference)
        .comment("a site of tests")
        .enabled(true)
        .origins(origins)
        .default_cache_behavior(behaviour.build().unwrap());
    let made =
        client.create_distribution().distribution_config(config.build().unwrap()).send().await.unwrap();
    made.distribution().unwrap().id().to_owned()
}

/// Caller reference and paths of every invalidation of a distribution.
async fn invalidations(client: &Client, distribution: &str) -> Vec<(String, Vec<String>)> {
    let list = client.list_invalidations().distribution_id(distribution).send().await.unwrap();
    let mut found = Vec::new();
    for summary in list.invalidation_list().unwrap().items() {
        let one =
            client.get_invalidation().distribution_id(distribution).id(summary.id()).send().await.unwrap();
        let batch = one.invalidation().unwrap().invalidation_batch().unwrap().clone();
        found.push((batch.caller_reference().to_owned(), batch.paths().unwrap().items().to_vec()));
    }
    found.sort();
    found
}

#[tokio::test]
async fn paths_and_wildcards_arrive_under_the_callers_reference() {
    let moto = Moto::start().await;
    let client = client(&moto.base);
    let distribution = new_distribution(&client, &format!("paths-{}", std::process::id())).await;
    let cdn = at(&moto.base, &distribution).await;
    assert_eq!(cdn.price(), Price::CLOUDFRONT);

    cdn.invalidate("r7", &Invalidation::default()).await.unwrap();
    assert_eq!(invalidations(&client, &distribution).await, [], "nothing to tell is not told");
    let what = Invalidation {
        prefixes: vec!["/gb/p/".to_owned()],
        ..Invalidation::paths(["/de/", "/jp/p/まくら/"])
    };
    cdn.invalidate("r8", &what).await.unwrap();
    let items = ["/gb/p/*", "/de/", "/jp/p/%E3%81%BE%E3%81%8F%E3%82%89/"].map(str::to_owned).to_vec();
    assert_eq!(invalidations(&client, &distribution).await, [("r8".to_owned(), items)]);
}

#[tokio::test]
async fn sixteen_wildcards_are_two_requests() {
    let moto = Moto::start().await;
    let client = client(&moto.base);
    let distribution = new_distribution(&client, &format!("parts-{}", std::process::id())).await;
    let prefixes: Vec<String> = (0..16).map(|number| format!("/e{number}/")).collect();
    at(&moto.base, &distribution).await.invalidate("r9", &Invalidation::prefixes(&prefixes)).await.unwrap();
    let found = invalidations(&client, &distribution).await;
    let sizes: Vec<(&str, usize)> =
        found.iter().map(|(reference, items)| (reference.as_str(), items.len())).collect();
    assert_eq!(sizes, [("r9", 15), ("r9.2", 1)]);
}

#[tokio::test]
async fn a_distribution_that_is_not_there_is_no_passing_trouble() {
    let moto = Moto::start().await;
    let error =
        at(&moto.base, "E0NOTTHERE").await.invalidate("1", &Invalidation::paths(["/de/"])).await.unwrap_err();
    assert!(matches!(error, CdnError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("CloudFront E0NOTTHERE refused: NoSuchDistribution"), "{error}");
}

async fn refused_with(amazon: &Origin, status: u16, code: &str) -> CdnError {
    let body = format!(
        "<ErrorResponse xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>as Amazon says it</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    );
    amazon.set_answer(Some((status, &body)));
    at(&amazon.base, "E1").await.invalidate("1", &Invalidation::prefixes(["/"])).await.unwrap_err()
}

#[tokio::test]
async fn too_much_at_a_time_passes_and_a_wrong_order_does_not() {
    let amazon = Origin::start(Path::new("/nowhere")).await;
    for (status, code) in [
        (400, "TooManyInvalidationsInProgress"),
        (400, "Throttling"),
        (429, "RequestThrottled"),
        (503, "ServiceUnavailable"),
        (500, "InternalError"),
    ] {
        let error = refused_with(&amazon, status, code).await;
        assert!(matches!(error, CdnError::Busy { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("CloudFront E1 can't do it now: {code}: as Amazon says it"));
    }
    for (status, code) in [(403, "AccessDenied"), (400, "InvalidArgument"), (400, "BatchTooLarge")] {
        let error = refused_with(&amazon, status, code).await;
        assert_eq!(error.to_string(), format!("CloudFront E1 refused: {code}: as Amazon says it"));
        assert!(!error.is_transient());
    }
    assert!(amazon.asked().iter().all(|asked| asked == "POST /2020-05-31/distribution/E1/invalidation"));
}

#[tokio::test]
async fn silence_passes() {
    let mut amazon = Origin::start(Path::new("/nowhere")).await;
    amazon.stop().await;
    let error = at(&amazon.base, "E1").await.invalidate("1", &Invalidation::paths(["/"])).await.unwrap_err();
    assert!(matches!(error, CdnError::Silent { .. }), "{error:?}");
}
