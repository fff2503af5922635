//! A shop, its database and the directory it is published to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::{Db, Module};
use vitrine_generator::{
    BuildError, BuildReport, BuildRequest, Generator, JobRequest, Mode, Place, Preview, Renditions,
};
use vitrine_import::{ImportCache, ImportError, ImportOptions, Report, import_folder};
use vitrine_pictures::Studio;
use vitrine_theme::Theme;

use crate::compare;
use crate::content::Content;

/// All tables, lower floors first.
pub(crate) const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_content::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_promotion::MODULE,
    &vitrine_delivery::MODULE,
    &vitrine_generator::MODULE,
];

/// The moment at which tests begin: before the demo shop's price windows.
pub(crate) const BEGIN: &str = "2026-11-18T12:00:00Z";

/// One store's content, published to one directory by one process that may be replaced.
pub(crate) struct World {
    pub(crate) content: Content,
    pub(crate) as_of: Timestamp,
    pub(crate) store: StoreId,
    pub(crate) generator: Generator,
    db: Db,
    theme: Arc<Theme>,
    out: PathBuf,
    folder: TempDir,
    cache: ImportCache,
    /// Written to rows; unlike `as_of` it never goes back.
    now: Timestamp,
    fulls: usize,
}

impl World {
    /// A world around a content folder, which is copied; nothing is imported yet.
    pub(crate) fn new(db: &Db, content: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::content::copy(content, &folder.path().join("content"));
        let content = Content::new(folder.path().join("content"));
        let store = content.table("store.toml");
        let store = StoreId::try_new(store["id"].as_str().unwrap()).unwrap();
        let theme = Arc::new(Theme::embedded().unwrap());
        let begin = crate::begin();
        let generator = generator(db, &store, &theme, folder.path());
        Self {
            content,
            as_of: begin,
            store,
            generator,
            db: db.clone(),
            theme,
            out: folder.path().join("out"),
            folder,
            cache: ImportCache::default(),
            now: begin,
            fulls: 0,
        }
    }

    /// The directory the shop is published to.
    pub(crate) fn out(&self) -> PathBuf {
        self.out.clone()
    }

    /// Publishes from now on to the directory of another world.
    pub(crate) fn take_over(&mut self, other: &World) {
        self.out = other.out();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything a process knows is forgotten.
    pub(crate) fn new_process(&mut self) {
        self.generator = self.another_generator();
        self.cache = ImportCache::default();
    }

    pub(crate) fn another_generator(&self) -> Generator {
        generator(&self.db, &self.store, &self.theme, self.folder.path())
    }

    pub(crate) async fn import(&mut self) -> Result<Report, ImportError> {
        self.now = self.now.plus_ms(60_000).max(self.as_of);
        let options = ImportOptions {
            force: false,
            now: self.now,
            media_dir: self.path("originals"),
            required_messages: Vec::new(),
            trace: None,
        };
        let folder = self.content.root().to_owned();
        import_folder(&self.db, &folder, &options, &mut self.cache).await
    }

    /// An incremental build of some countries, all if none is named.
    pub(crate) async fn try_build(&mut self, countries: &[&str]) -> Result<BuildReport, BuildError> {
        let request = self.request(self.out(), countries, Mode::Incremental);
        self.generator.build(&request).await
    }

    pub(crate) async fn build(&mut self) -> BuildReport {
        self.try_build(&[]).await.unwrap()
    }

    /// What the next build would do, by a process of its own.
    pub(crate) async fn preview(&self) -> Preview {
        let place = Place::directory(&self.out(), false).unwrap();
        let request = JobRequest { renditions: Renditions::Later, ..JobRequest::new(place, self.as_of) };
        self.another_generator().preview(request, 3).await.unwrap()
    }

    /// A full build by a process of its own into a directory of its own.
    pub(crate) async fn full(&mut self) -> PathBuf {
        let mut generator = self.another_generator();
        self.full_by(&mut generator).await
    }

    pub(crate) async fn full_by(&mut self, generator: &mut Generator) -> PathBuf {
        self.fulls += 1;
        let out = self.path(&format!("full-{}", self.fulls));
        generator.build(&self.request(out.clone(), &[], Mode::Full)).await.unwrap();
        out
    }

    /// What differs between the published directory and a full build at the same moment.
    pub(crate) async fn difference(&mut self) -> Option<String> {
        let full = self.full().await;
        let difference = compare::difference(&self.out(), &full);
        std::fs::remove_dir_all(full).unwrap();
        difference
    }

    pub(crate) fn request(&self, out: PathBuf, countries: &[&str], mode: Mode) -> BuildRequest {
        let countries = countries.iter().map(|code| Country::try_new(code).unwrap()).collect();
        BuildRequest { out, countries, as_of: self.as_of, mode, renditions: Renditions::Later }
    }
}

fn generator(db: &Db, store: &StoreId, theme: &Arc<Theme>, folder: &Path) -> Generator {
    let studio = Studio::new(folder.join("originals"), folder.join("renditions"), 1);
    Generator::new(db.clone(), store.clone(), Arc::clone(theme), studio)
}
