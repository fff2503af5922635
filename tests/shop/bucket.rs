//! A bucket of moto, as whoever keeps one sees it: over plain HTTP.

#![allow(dead_code, reason = "each test program uses a part")]

use std::hash::{BuildHasher as _, RandomState};

use percent_encoding::{CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use vitrine_cdn::testing::Moto;

/// moto looks for a signature and does not check it.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, \
    SignedHeaders=host, Signature=0";

/// A bucket with versions that anybody may read, as a CDN does.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// With the bucket's name and without a final slash.
    pub(crate) address: String,
    pub(crate) client: reqwest::Client,
}

impl Bucket {
    pub(crate) async fn new(moto: &Moto) -> Self {
        let name = format!("test-{:016x}", RandomState::new().hash_one(0));
        let address = format!("{}/{name}", moto.base);
        let signed = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(SIGNED))]);
        let client = reqwest::Client::builder().default_headers(signed).build().unwrap();
        let bucket = Self { name, address, client };
        bucket.set("", "").await;
        let versions = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Status>Enabled</Status></VersioningConfiguration>";
        bucket.set("?versioning", versions).await;
        // Varnish signs nothing: what it shows anybody may read.
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*",
                "Action":"s3:GetObject","Resource":"arn:aws:s3:::{}/*"}}]}}"#,
            bucket.name
        );
        bucket.set("?policy", &policy).await;
        bucket
    }

    async fn set(&self, what: &str, body: &str) {
        let request = self.client.put(format!("{}{what}", self.address)).body(body.to_owned());
        request.send().await.unwrap().error_for_status().unwrap();
    }

    /// Every key that is there.
    pub(crate) async fn keys(&self) -> Vec<String> {
        self.listed("list-type=2", "start-after").await
    }

    /// Every key that was there at any time, some repeated.
    pub(crate) async fn keys_ever(&self) -> Vec<String> {
        self.listed("versions", "key-marker").await
    }

    async fn listed(&self, what: &str, after: &str) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        loop {
            let last = keys.last().map_or("", String::as_str);
            let last = utf8_percent_encode(last, NON_ALPHANUMERIC);
            let page = self.client.get(format!("{}?{what}&{after}={last}", self.address));
            let text = page.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
            let page = roxmltree::Document::parse(&text).unwrap();
            let named =
                |name: &'static str| page.descendants().filter(move |node| node.tag_name().name() == name);
            keys.extend(named("Key").map(|key| key.text().unwrap().to_owned()));
            if named("IsTruncated").all(|more| more.text() != Some("true")) {
                return keys;
            }
        }
    }

    /// The bytes at a key; `None` if there are none.
    pub(crate) async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let answer = self.client.get(format!("{}/{}", self.address, encoded(key))).send().await.unwrap();
        match answer.status().as_u16() {
            200 => Some(answer.bytes().await.unwrap().to_vec()),
            404 => None,
            status => panic!("{key}: {status}"),
        }
    }
}

/// A key as a URL has it.
fn encoded(key: &str) -> String {
    utf8_percent_encode(key, CONTROLS).to_string().replace('?', "%3F")
}
