//! Puts a run together: state folder, database, theme, studio.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use vitrine_core::{Clock, StoreId, SystemClock, Timestamp};
use vitrine_db::{Db, Module};
use vitrine_generator::Generator;
use vitrine_import::{ImportOptions, RequiredMessage};
use vitrine_pictures::Studio;
use vitrine_theme::Theme;

use crate::config::Config;

/// All tables, lower floors first.
pub(crate) const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_content::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_promotion::MODULE,
    &vitrine_delivery::MODULE,
    &vitrine_cart::MODULE,
    &vitrine_payment::MODULE,
    &vitrine_order::MODULE,
    &vitrine_checkout::MODULE,
    &vitrine_mail::MODULE,
    &vitrine_access::MODULE,
    &vitrine_intake::MODULE,
    &vitrine_generator::MODULE,
    &vitrine_queue::MODULE,
    &vitrine_workers::MODULE,
];
/// Templates of the current folder, used where it exists.
const TEMPLATES: &str = "templates";

/// An open database with the folders around it.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    /// The database, with all its tables.
    pub(crate) db: Db,
    /// The pictures.
    pub(crate) studio: Studio,
    state: PathBuf,
}

impl Shop {
    /// Opens the state folder and the database, making what is not there yet.
    ///
    /// # Errors
    /// One line that says what can't be opened and what to do.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        let state = &config.state;
        let advice =
            || format!("can't write to the state folder {}; name another with --state DIR", state.display());
        for folder in [state.clone(), state.join("originals"), state.join("renditions")] {
            std::fs::create_dir_all(&folder).with_context(advice)?;
        }
        let db = match &config.database_url {
            Some(url) => Db::open(url.reveal()).await.context("can't open the database of database_url")?,
            None => {
                let file = state.join("vitrine.db");
                let what =
                    || format!("can't open {}; name another state folder with --state DIR", file.display());
                Db::open_file(&file).await.with_context(what)?
            }
        };
        db.migrate(MODULES).await.context("can't bring the database's tables up to date")?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let studio = Studio::new(state.join("originals"), state.join("renditions"), threads);
        Ok(Self { db, studio, state: state.clone() })
    }

    /// Where the bytes of pictures are kept, under their hash.
    pub(crate) fn originals(&self) -> PathBuf {
        self.state.join("originals")
    }

    /// Where the dev server's pages are written.
    pub(crate) fn site(&self) -> PathBuf {
        self.state.join("site")
    }

    /// Where letters are written that no server gets.
    pub(crate) fn letters(&self) -> PathBuf {
        self.state.join("mail")
    }

    /// Where feeds of webhooks are kept while they are imported.
    pub(crate) fn spool(&self) -> PathBuf {
        self.state.join("intake")
    }

    /// A generator of one store's pages.
    pub(crate) fn generator(&self, store: StoreId, theme: Arc<Theme>) -> Generator {
        Generator::new(self.db.clone(), store, theme, self.studio.clone())
    }

    /// How a content folder is imported at a time; without a theme, no message is asked for.
    pub(crate) fn import_options(&self, theme: Option<&Theme>, now: Timestamp, force: bool) -> ImportOptions {
        ImportOptions {
            force,
            now,
            media_dir: self.originals(),
            required_messages: theme.map(required_messages).unwrap_or_default(),
            trace: None,
        }
    }

    /// The store whose content was imported, where there is only one.
    ///
    /// # Errors
    /// When there is none or more than one, or the database fails.
    pub(crate) async fn only_store(&self) -> Result<StoreId> {
        let stores = vitrine_store::Stores::list_stores(&self.db).await?;
        match stores.as_slice() {
            [store] => Ok(store.clone()),
            [] => bail!(
                "the database holds no store yet; import a content folder first: vitrine import content"
            ),
            several => {
                let names: Vec<&str> = several.iter().map(StoreId::as_str).collect();
                bail!("the database holds several stores; name one with --store ({})", names.join(", "))
            }
        }
    }
}

/// The theme of a run.
///
/// # Errors
/// When a template or style sheet is wrong; the message has its file and line.
pub(crate) fn theme(config: &Config) -> Result<Arc<Theme>> {
    let theme = match templates(config)? {
        Some(folder) => Theme::load(&folder),
        None => Theme::embedded(),
    };
    Ok(Arc::new(theme?))
}

/// The folder templates come from; `None` where those built in are used.
///
/// # Errors
/// When a folder that was asked for is not there.
pub(crate) fn templates(config: &Config) -> Result<Option<PathBuf>> {
    match &config.templates {
        Some(folder) if folder.is_dir() => Ok(Some(folder.clone())),
        Some(folder) => bail!("no template folder at {}", folder.display()),
        None => Ok(Some(PathBuf::from(TEMPLATES)).filter(|folder| folder.is_dir())),
    }
}

/// The messages a theme needs, as checks take them.
pub(crate) fn required_messages(theme: &Theme) -> Vec<RequiredMessage> {
    let messages = theme.messages();
    let arguments = |id: &str| messages.with_arguments.get(id).cloned().unwrap_or_default();
    messages.ids().map(|id| RequiredMessage { id: id.to_owned(), arguments: arguments(id) }).collect()
}

/// The content folder, if it is there.
///
/// # Errors
/// When it is not, with what to do.
pub(crate) fn content(config: &Config) -> Result<&Path> {
    let folder = config.content.as_path();
    if !folder.is_dir() {
        bail!(
            "no content folder at {}; run this where a shop's content/ is, or name it with --content DIR",
            folder.display()
        );
    }
    Ok(folder)
}

/// The time of this run.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}
