use std::path::PathBuf;

use vitrine_core::StoreId;

/// Why a build could not be finished; nothing that was published is lost.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is nothing to build from.
    #[error("store {0} has not been imported")]
    NoStore(StoreId),
    /// A country was asked for that the store does not sell in.
    #[error("store {store} does not sell in {country}; it sells in {known}")]
    NoCountry {
        /// The store.
        store: StoreId,
        /// What was asked for.
        country: String,
        /// What is allowed.
        known: String,
    },
    /// The output directory holds files that no build wrote; writing there could destroy them.
    #[error("{} holds files that were not written by vitrine; name an empty folder", .0.display())]
    ForeignDirectory(PathBuf),
    /// Another store publishes there, and would take this one's files for what it has left behind.
    #[error("{place} is where store {other} is published; give store {store} a place of its own")]
    OtherStore {
        /// The directory or bucket.
        place: String,
        /// The store that is published there.
        other: String,
        /// The store that was to be published.
        store: StoreId,
    },
    /// A full build goes into a directory of its own.
    #[error("{} is not empty; a full build needs an empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// Another process publishes the storefront now, or this one was too slow to hold on to it.
    #[error("the lease of a storefront was lost; whoever holds it goes on")]
    LeaseLost,
    /// A newer program has published a storefront; an older one would take its changes back.
    #[error("{country} was published with render epoch {found}, this program has {}", crate::RENDER_EPOCH)]
    NewerEpoch {
        /// The storefront.
        country: String,
        /// The epoch it was published with.
        found: i64,
    },
    /// There is no such release to go back to.
    #[error("{country} has no release {release}")]
    NoRelease {
        /// The storefront.
        country: String,
        /// What was asked for.
        release: i64,
    },
    /// The object store failed.
    #[error(transparent)]
    Objects(#[from] vitrine_objects::ObjectError),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A template is wrong: the storefront publishes nothing.
    #[error("{page}: {source}")]
    Theme {
        /// The page that could not be rendered.
        page: String,
        /// Where in the templates.
        source: vitrine_theme::ThemeError,
    },
    /// The words of an edition are wrong.
    #[error("strings of {locale}: {what}")]
    Strings {
        /// The edition's locale.
        locale: String,
        /// What is wrong.
        what: String,
    },
    /// Numbers and dates of a locale can't be formatted.
    #[error("locale {locale}: {source}")]
    Format {
        /// The edition's locale.
        locale: String,
        /// Why.
        source: vitrine_format::FormatError,
    },
    /// Markdown that the importer let through does not parse.
    #[error("{page}: line {line}: {what}")]
    Markdown {
        /// Whose text.
        page: String,
        /// Line of the text, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A picture could not be encoded.
    #[error(transparent)]
    Picture(#[from] vitrine_pictures::PictureError),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] vitrine_catalog::Error),
    /// The content could not be read.
    #[error(transparent)]
    Content(#[from] vitrine_content::Error),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] vitrine_store::Error),
    /// The database failed.
    #[error("the published state could not be read or written: {0}")]
    Database(#[from] vitrine_db::DbError),
    /// A row of the published state is not what this code writes.
    #[error("the published state holds a {0} that cannot be read")]
    State(&'static str),
}

impl BuildError {
    /// Whether trying again later may succeed without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Objects(error) => error.is_transient(),
            Self::Database(_) | Self::LeaseLost | Self::File { .. } => true,
            Self::Catalog(_) | Self::Content(_) | Self::Store(_) => true,
            _ => false,
        }
    }
}

impl From<sqlx::Error> for BuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}
