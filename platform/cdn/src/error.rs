//! What can go wrong between us and a CDN.

/// Why a CDN did not confirm, or why a table could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CdnError {
    /// No answer: nobody listens, or not in time.
    #[error("{place} did not answer: {why}")]
    Silent {
        /// Node or distribution.
        place: String,
        /// What the connection said.
        why: String,
    },
    /// It has too much to do, or a trouble of its own.
    #[error("{place} can't do it now: {why}")]
    Busy {
        /// Node or distribution.
        place: String,
        /// Its status and words.
        why: String,
    },
    /// It will not do it; somebody has to look at the configuration.
    #[error("{place} refused: {why}")]
    Refused {
        /// Node or distribution.
        place: String,
        /// Its status and words.
        why: String,
    },
    /// A setting that can't be used.
    #[error("{key}: {why}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// What is wrong and what is allowed.
        why: String,
    },
    /// A file of the site is not what the generator writes.
    #[error("_vitrine/{file}: {why}")]
    Unreadable {
        /// `site.json` or `redirects.json`.
        file: &'static str,
        /// What was found where.
        why: String,
    },
}

impl CdnError {
    /// Whether the same may work later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Silent { .. } | Self::Busy { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_transient() {
        let (place, why) = ("http://edge-1".to_owned(), "connection refused".to_owned());
        let silent = CdnError::Silent { place: place.clone(), why: why.clone() };
        assert_eq!(silent.to_string(), "http://edge-1 did not answer: connection refused");
        assert!(silent.is_transient());
        assert!(CdnError::Busy { place: place.clone(), why: why.clone() }.is_transient());
        assert!(!CdnError::Refused { place, why: why.clone() }.is_transient());
        assert!(!CdnError::Setting { key: "cdn.nodes", why: why.clone() }.is_transient());
        assert!(!CdnError::Unreadable { file: "site.json", why }.is_transient());
    }
}
