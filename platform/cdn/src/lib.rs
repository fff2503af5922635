//! The CDN: what must be forgotten by it, and how it is told.
//!
//! Owns the trait [`Cdn`] with its three kinds ([`NoCdn`], [`HttpPurge`], [`CloudFront`]), the rule of what is worth
//! telling ([`plan`]) and the tables of an edge that reads no JSON ([`vcl`]). It knows nothing of pages, releases or
//! rows: who calls keeps what is not confirmed and asks again.

mod address;
mod cloudfront;
mod error;
mod pace;
mod plan;
mod purge;
#[cfg(feature = "testing")]
pub mod testing;
pub mod vcl;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

pub use self::cloudfront::{CloudFront, CloudFrontConfig, Keys};
pub use self::error::CdnError;
pub use self::pace::{Month, Pace};
pub use self::plan::{Cost, Limits, MOST_PATHS, Planned, Price, plan};
pub use self::purge::{AGAIN, HttpPurge, HttpPurgeConfig};

/// Paths that change within this time belong into one invalidation.
pub const COLLECTED: Duration = Duration::from_millis(250);

/// What a CDN must forget.
///
/// Addresses begin with a slash and are percent-encoded as browsers ask for them; [`plan`] makes them so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalidation {
    /// Single addresses: `/de/p/cloud/`.
    pub paths: Vec<String>,
    /// Beginnings of addresses, without a star: `/de/p/` is everything below it and itself.
    pub prefixes: Vec<String>,
}

impl Invalidation {
    /// Of single addresses.
    pub fn paths(paths: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let paths = paths.into_iter().map(|path| address::as_asked(path.as_ref())).collect();
        Self { paths, prefixes: Vec::new() }
    }

    /// Of everything below some beginnings.
    pub fn prefixes(prefixes: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let prefixes = prefixes.into_iter().map(|prefix| address::as_asked(prefix.as_ref())).collect();
        Self { paths: Vec::new(), prefixes }
    }

    /// Nothing to forget.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.prefixes.is_empty()
    }

    /// What a CDN counts: a prefix is one, however much lies below it.
    pub fn len(&self) -> usize {
        self.paths.len() + self.prefixes.len()
    }

    /// Whether an address is among what is forgotten.
    pub fn covers(&self, path: &str) -> bool {
        let path = address::as_asked(path);
        self.paths.contains(&path) || self.prefixes.iter().any(|prefix| path.starts_with(prefix))
    }
}

/// A content delivery network, or what stands in its place.
#[async_trait]
pub trait Cdn: Send + Sync + Debug {
    /// Makes the CDN forget; returns once all of it has confirmed. What is asked for afterwards comes from the origin.
    ///
    /// `id` names this invalidation (1 to 100 letters, digits, `-`, `_`, `.`): asked again with the same id and the
    /// same addresses, it is done once where the CDN can tell, and costs nothing where it can't.
    ///
    /// # Errors
    /// [`CdnError::is_transient`] says whether the same may work later. A part may have been done by then.
    async fn invalidate(&self, id: &str, what: &Invalidation) -> Result<(), CdnError>;

    /// What invalidations cost.
    fn price(&self) -> Price {
        Price::NOTHING
    }

    /// What a month's invalidations may cost, in millionths of a US dollar; `None` is without an end.
    fn budget(&self) -> Option<u64> {
        None
    }
}

/// No CDN: shoppers ask the origin itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCdn;

#[async_trait]
impl Cdn for NoCdn {
    async fn invalidate(&self, _id: &str, _what: &Invalidation) -> Result<(), CdnError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_cdn_there_is_nothing_to_tell() {
        let what = Invalidation::paths(["/de/"]);
        assert!(NoCdn.invalidate("1", &what).await.is_ok());
        assert_eq!(NoCdn.price(), Price::NOTHING);
    }

    #[test]
    fn an_invalidation_covers_its_addresses_in_any_spelling() {
        let what = Invalidation {
            prefixes: Invalidation::prefixes(["/jp/p/"]).prefixes,
            ..Invalidation::paths(["/jp/まくら/"])
        };
        assert_eq!((what.len(), what.is_empty()), (2, false));
        assert!(what.covers("/jp/%e3%81%be%e3%81%8f%e3%82%89/"));
        assert!(what.covers("/jp/p/") && what.covers("/jp/p/cloud/"));
        assert!(!what.covers("/jp/") && !what.covers("/jp/p"));
        assert!(Invalidation::default().is_empty());
    }
}
