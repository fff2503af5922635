//! From changed files to changed pages: what files say is imported, and what becomes of it is told to windows and
//! terminal. Between the two lies the path of every change: outbox, relay, queue, worker.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use vitrine_core::{Country, Reason, StoreId};
use vitrine_generator::{BuildReport, Demands};
use vitrine_import::{Counts, Finding, ImportCache, ImportError, import_folder};
use vitrine_store::{Asked, Stores, Write};
use vitrine_telemetry::random_u64;
use vitrine_theme::Theme;

use super::reload::{Changed, Problem, addresses};
use super::roles::{Lock, News, Roles};
use super::server::Served;
use super::site::Routing;
use super::watch::Watcher;
use crate::config::Config;
use crate::report::counted;
use crate::shop::{self, Shop};
use crate::stopwatch::{Stopwatch, Took};
use crate::{output, report};

/// Files that a build report names at most (see `BuildReport::changed_paths`); one that names as many changed more.
const NAMED: usize = 1_000;
/// How often it is looked whether a worker of another process has done what is waited for.
const LOOK: Duration = Duration::from_millis(250);

/// Everything that lives from one change to the next.
pub(crate) struct Rounds {
    config: Config,
    shop: Shop,
    templates: Option<PathBuf>,
    served: Arc<Served>,
    lock: Lock,
    cache: ImportCache,
    /// The last theme that was right.
    theme: Option<Arc<Theme>>,
    /// Whether only style sheets changed in the themes that no publish has ended of.
    styles_only: Option<bool>,
    /// Started with the first theme.
    roles: Option<Roles>,
    news: UnboundedReceiver<News>,
    sender: UnboundedSender<News>,
    findings: Vec<Finding>,
    problems: Problems,
}

/// What keeps the shop from being what its files say, by where it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Problems {
    theme: Option<Problem>,
    files: Vec<Problem>,
    publish: Option<Problem>,
    /// Why the last publish of a storefront failed.
    storefronts: BTreeMap<Country, String>,
}

impl Problems {
    /// All of them; storefronts that fail for one reason are one.
    fn all(&self) -> Vec<Problem> {
        let reasons: BTreeSet<&String> = self.storefronts.values().collect();
        let failed =
            reasons.into_iter().map(|what| Problem { place: "build".to_owned(), what: what.clone() });
        self.theme.iter().chain(&self.files).chain(&self.publish).cloned().chain(failed).collect()
    }
}

impl Rounds {
    /// Nothing is read yet.
    pub(crate) fn new(
        config: Config,
        shop: Shop,
        templates: Option<PathBuf>,
        served: Arc<Served>,
        lock: Lock,
    ) -> Self {
        let (sender, news) = unbounded_channel();
        Self {
            config,
            shop,
            templates,
            served,
            lock,
            cache: ImportCache::default(),
            theme: None,
            styles_only: None,
            roles: None,
            news,
            sender,
            findings: Vec::new(),
            problems: Problems::default(),
        }
    }

    /// Imports everything, and returns when the pages are as good as they can be.
    pub(crate) async fn first(&mut self) {
        self.load_theme(false).await;
        self.import().await;
        self.publish().await;
        while self.is_awaited().await {
            tokio::select! {
                Some(news) = self.news.recv() => self.take(&news),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Follows changes of the files, and tells what becomes of them and of all else that is published.
    pub(crate) async fn follow(&mut self, mut watcher: Option<&mut Watcher>) {
        loop {
            tokio::select! {
                Some(news) = self.news.recv() => self.take(&news),
                saved = saved(watcher.as_deref_mut()) => self.save(&saved).await,
            }
        }
    }

    /// Ends what runs in the background.
    pub(crate) async fn stop(mut self) {
        if let Some(roles) = self.roles.take() {
            roles.stop().await;
        }
    }

    /// Takes in what was saved.
    async fn save(&mut self, saved: &BTreeSet<PathBuf>) {
        let templates = self.templates.as_ref().and_then(|folder| std::path::absolute(folder).ok());
        let of_theme = |path: &&PathBuf| templates.as_ref().is_some_and(|folder| path.starts_with(folder));
        // An empty path stands for changes that were missed.
        let missed = saved.iter().any(|path| path.as_os_str().is_empty());
        let of_theme: Vec<&PathBuf> = saved.iter().filter(of_theme).collect();
        let is_themed = missed || !of_theme.is_empty();
        if is_themed {
            self.load_theme(!missed && of_theme.iter().all(|path| is_style(path))).await;
        }
        self.import().await;
        if self.roles.is_none() {
            self.publish().await;
        }
    }

    /// Reads the theme, and asks for a publish where it is another one.
    async fn load_theme(&mut self, styles_only: bool) {
        let theme = match shop::theme(&self.config) {
            Ok(theme) => theme,
            Err(error) => {
                let problem = Problem { place: "templates".to_owned(), what: report::causes(&error) };
                self.problems.theme = Some(problem);
                return self.show_problems();
            }
        };
        self.problems.theme = None;
        let before = self.theme.replace(theme.clone());
        let Some(roles) = self.roles.as_ref().filter(|_| before.is_none_or(|old| old.hash() != theme.hash()))
        else {
            return;
        };
        roles.set_theme(theme);
        self.styles_only = Some(styles_only && self.styles_only.unwrap_or(true));
        self.problems.publish = self.ask().await.err().map(|error| unpublished(&error));
    }

    /// Starts the roles once there is a theme. Everything is looked at then: the theme or this program may be others
    /// than when the pages were made.
    async fn publish(&mut self) {
        let Some(theme) = self.theme.clone() else { return self.show_problems() };
        let started = async {
            self.ask().await?;
            Roles::start(&self.config, &self.shop, theme, self.sender.clone(), &mut self.lock).await
        };
        self.problems.publish = match started.await {
            Ok(roles) => {
                self.roles = Some(roles);
                None
            }
            Err(error) => Some(unpublished(&error)),
        };
        self.show_problems();
    }

    /// Asks for all storefronts because of the theme; where there is no store yet, its import asks.
    async fn ask(&self) -> Result<()> {
        for store in Stores::list_stores(&self.shop.db).await? {
            let mut tx = self.shop.db.begin().await?;
            let asked = Asked::for_reason(Reason::ThemeChanged, BTreeSet::new());
            let id = format!("theme-{:016x}", random_u64());
            Stores::request_in(&mut tx, &store, &id, &asked, &Write::at(shop::now())).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whether a storefront is asked for that has not failed.
    async fn is_awaited(&self) -> bool {
        if self.roles.is_none() {
            return false;
        }
        let stores: Vec<StoreId> = Stores::list_stores(&self.shop.db).await.unwrap_or_default();
        for store in &stores {
            let open = Demands::open(&self.shop.db, store).await.unwrap_or_default();
            if open.iter().any(|demand| !self.problems.storefronts.contains_key(&demand.country)) {
                return true;
            }
        }
        false
    }

    /// Imports the content folder; what fails becomes a problem and leaves what was there.
    async fn import(&mut self) {
        let watch = Stopwatch::start();
        let options = self.shop.import_options(self.theme.as_deref(), shop::now(), false);
        let imported = import_folder(&self.shop.db, &self.config.content, &options, &mut self.cache).await;
        let (findings, report) = match imported {
            Ok(report) => (report.findings.clone(), Some(report)),
            Err(ImportError::Store { findings }) => (findings, None),
            Err(error) => {
                let place = self.config.content.display().to_string();
                self.problems.files = vec![Problem { place, what: error.to_string() }];
                return self.show_problems();
            }
        };
        self.problems.files = findings.iter().filter(|finding| finding.is_error()).map(problem).collect();
        if findings != self.findings {
            match &report {
                Some(report) => report::import(report),
                None => report::findings(&findings),
            }
            self.findings = findings;
        }
        if let Some(counts) = report.map(|report| report.total()).filter(Counts::wrote) {
            let (added, changed, removed) = (counts.added, counts.changed, counts.removed);
            let took = Took(watch.elapsed());
            output::line(format_args!("{added} added, {changed} changed, {removed} removed in {took}"));
        }
        self.show_problems();
    }

    /// Shows how a publish ended.
    fn take(&mut self, news: &News) {
        let storefronts = &mut self.problems.storefronts;
        match &news.outcome {
            Ok(built) => {
                storefronts.retain(|country, _| !news.countries.contains(country));
                tell(news, built);
                // A theme that came while this was published is shown by a reload, whatever changed in it.
                let is_themed = news.reason == Reason::ThemeChanged;
                let styles_only = is_themed && self.styles_only.take().unwrap_or(false);
                self.show(built, styles_only);
            }
            Err(what) => storefronts.extend(news.countries.iter().map(|country| (*country, what.clone()))),
        }
        self.show_problems();
    }

    /// Shows a build: its tables, its pictures, and what it means for open windows.
    fn show(&self, built: &BuildReport, styles_only: bool) {
        match Routing::read(&self.served.root) {
            Ok(routing) => self.served.set_routing(routing),
            Err(error) => tracing::error!(%error, "the site's tables can't be read"),
        }
        self.served.pictures.want(built.renditions.clone());
        let number = built.written + built.removed;
        self.served.reload.built(changed(&built.changed_paths, number, styles_only));
    }

    fn show_problems(&self) {
        if self.served.reload.set_problems(self.problems.all()) {
            tell_problems(&self.problems.all());
        }
    }
}

fn changed(files: &[String], number: u64, styles_only: bool) -> Changed {
    match number {
        0 => Changed::Nothing,
        _ if styles_only => Changed::Styles,
        _ if files.len() >= NAMED => Changed::Everything,
        _ => match addresses(files) {
            pages if pages.is_empty() => Changed::Nothing,
            pages => Changed::Pages(pages),
        },
    }
}

fn is_style(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "css")
}

/// The next save; never where nothing is watched.
async fn saved(watcher: Option<&mut Watcher>) -> BTreeSet<PathBuf> {
    let saved = match watcher {
        Some(watcher) => watcher.next().await,
        None => None,
    };
    match saved {
        Some(paths) => paths,
        None => std::future::pending().await,
    }
}

fn unpublished(error: &anyhow::Error) -> Problem {
    Problem { place: "publish".to_owned(), what: report::causes(error) }
}

fn problem(finding: &Finding) -> Problem {
    Problem {
        place: format!("{}:{}:{}", finding.file, finding.line, finding.column),
        what: finding.what.clone(),
    }
}

fn tell(news: &News, built: &BuildReport) {
    if built.written + built.removed == 0 {
        return;
    }
    let ms = news.since.map(|since| shop::now().ms() - since.ms());
    let took = ms.map(|ms| Took(Duration::from_millis(u64::try_from(ms).unwrap_or_default())));
    let took = took.map(|took| format!(" in {took}")).unwrap_or_default();
    output::line(format_args!("{} written, {} removed{took}", counted(built.written, "file"), built.removed));
}

fn tell_problems(problems: &[Problem]) {
    // Findings were printed with their lines; here is what is not one.
    for problem in problems.iter().filter(|problem| !problem.place.contains(':')) {
        output::error(format_args!("{}: {}", problem.place, problem.what));
    }
    match problems.len() as u64 {
        0 => output::note("no errors any more"),
        errors => output::note(format_args!("{}; the last good version is served", counted(errors, "error"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hear_no_more_than_they_need() {
        let files = ["de/index.html".to_owned(), "de/sitemap.xml".to_owned()];
        assert_eq!(changed(&[], 0, true), Changed::Nothing);
        assert_eq!(changed(&files, 2, true), Changed::Styles);
        assert_eq!(changed(&files, 2, false), Changed::Pages(vec!["/de/".to_owned()]));
        assert_eq!(changed(&files[1..], 1, false), Changed::Nothing, "nobody looks at a sitemap");
        assert_eq!(changed(&vec![String::new(); NAMED], 5_000, false), Changed::Everything);
    }
}
