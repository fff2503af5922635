//! From changed files to changed pages: import, build, and what windows and terminal are told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use vitrine_generator::{BuildReport, BuildRequest, Generator, Mode, Renditions};
use vitrine_import::{Counts, Finding, ImportCache, ImportError, Report, import_folder};
use vitrine_theme::Theme;

use super::reload::{Changed, Problem, addresses};
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
/// How often times are looked at when no file changes: prices and publications are stated to the minute.
const DUE: Duration = Duration::from_secs(60);

/// Everything that lives from one change to the next.
pub(crate) struct Rounds {
    config: Config,
    shop: Shop,
    templates: Option<PathBuf>,
    served: Arc<Served>,
    cache: ImportCache,
    /// The last theme that was right.
    theme: Option<Arc<Theme>>,
    theme_problem: Option<Problem>,
    generator: Option<Generator>,
    findings: Vec<Finding>,
    problems: Vec<Problem>,
}

impl Rounds {
    /// Nothing is read yet.
    pub(crate) fn new(config: Config, shop: Shop, templates: Option<PathBuf>, served: Arc<Served>) -> Self {
        Self {
            config,
            shop,
            templates,
            served,
            cache: ImportCache::default(),
            theme: None,
            theme_problem: None,
            generator: None,
            findings: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Imports and builds everything.
    pub(crate) async fn first(&mut self) {
        self.load_theme();
        self.round(false).await;
    }

    /// Follows changes of the files, and the prices and publications whose time comes.
    pub(crate) async fn follow(&mut self, mut watcher: Option<&mut Watcher>) {
        loop {
            let saved = tokio::select! {
                saved = saved(watcher.as_deref_mut()) => saved,
                () = tokio::time::sleep(DUE) => BTreeSet::new(),
            };
            let templates = self.templates.as_ref().and_then(|folder| std::path::absolute(folder).ok());
            let of_theme = |path: &PathBuf| templates.as_ref().is_some_and(|folder| path.starts_with(folder));
            // An empty path stands for changes that were missed.
            if saved.iter().any(|path| path.as_os_str().is_empty() || of_theme(path)) {
                self.load_theme();
            }
            self.round(!saved.is_empty() && saved.iter().all(|path| of_theme(path) && is_style(path))).await;
        }
    }

    fn load_theme(&mut self) {
        self.theme_problem = match shop::theme(&self.config) {
            Ok(theme) => {
                if let Some(generator) = &mut self.generator {
                    generator.set_theme(theme.clone());
                }
                self.theme = Some(theme);
                None
            }
            Err(error) => Some(Problem { place: "templates".to_owned(), what: report::causes(&error) }),
        };
    }

    /// One import and one build; what fails becomes a problem and leaves the last good state.
    async fn round(&mut self, styles_only: bool) {
        let watch = Stopwatch::start();
        let mut problems: Vec<Problem> = self.theme_problem.iter().cloned().collect();
        let imported = self.import(&mut problems).await;
        let built = match self.build(imported.as_ref()).await {
            Ok(built) => built,
            Err(error) => {
                problems.push(Problem { place: "build".to_owned(), what: report::causes(&error) });
                None
            }
        };
        tell(imported.as_ref(), built.as_ref(), Took(watch.elapsed()));
        // What was said already is not said again at every save.
        if problems != self.problems {
            tell_problems(&problems);
            self.problems.clone_from(&problems);
        }
        let changed = built.map_or(Changed::Nothing, |built| self.take(built, styles_only));
        self.served.reload.built(changed);
        self.served.reload.set_problems(problems);
    }

    async fn import(&mut self, problems: &mut Vec<Problem>) -> Option<Report> {
        let options = self.shop.import_options(self.theme.as_deref(), shop::now(), false);
        let imported = import_folder(&self.shop.db, &self.config.content, &options, &mut self.cache).await;
        let (findings, report) = match imported {
            Ok(report) => (report.findings.clone(), Some(report)),
            Err(ImportError::Store { findings }) => (findings, None),
            Err(error) => {
                problems.push(Problem {
                    place: self.config.content.display().to_string(),
                    what: error.to_string(),
                });
                return None;
            }
        };
        problems.extend(findings.iter().filter(|finding| finding.is_error()).map(problem));
        if findings != self.findings {
            match &report {
                Some(report) => report::import(report),
                None => report::findings(&findings),
            }
            self.findings = findings;
        }
        report
    }

    async fn build(&mut self, imported: Option<&Report>) -> Result<Option<BuildReport>> {
        let Some(theme) = &self.theme else { return Ok(None) };
        if self.generator.is_none() {
            let store = match imported {
                Some(report) => report.store.clone(),
                None => self.shop.only_store().await?,
            };
            self.generator = Some(self.shop.generator(store, theme.clone()));
        }
        let Some(generator) = &mut self.generator else { return Ok(None) };
        let request = BuildRequest {
            out: self.shop.site(),
            countries: Vec::new(),
            as_of: shop::now(),
            mode: Mode::Incremental,
            renditions: Renditions::Later,
        };
        Ok(Some(generator.build(&request).await?))
    }

    /// Shows a build: its tables, its pictures, and what it means for open windows.
    fn take(&self, built: BuildReport, styles_only: bool) -> Changed {
        match Routing::read(&self.served.root) {
            Ok(routing) => self.served.set_routing(routing),
            Err(error) => tracing::error!(%error, "the site's tables can't be read"),
        }
        self.served.pictures.want(built.renditions);
        changed(&built.changed_paths, built.written + built.removed, styles_only)
    }
}

fn changed(files: &[String], number: u64, styles_only: bool) -> Changed {
    match number {
        0 => Changed::Nothing,
        _ if styles_only => Changed::Styles,
        _ if files.len() >= NAMED => Changed::Everything,
        _ => Changed::Pages(addresses(files)),
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

fn problem(finding: &Finding) -> Problem {
    Problem {
        place: format!("{}:{}:{}", finding.file, finding.line, finding.column),
        what: finding.what.clone(),
    }
}

fn tell(imported: Option<&Report>, built: Option<&BuildReport>, took: Took) {
    let items = imported.map(|report| report.total()).filter(Counts::wrote).map(|counts| {
        format!("{} added, {} changed, {} removed", counts.added, counts.changed, counts.removed)
    });
    let pages = built
        .filter(|built| built.written + built.removed > 0)
        .map(|built| format!("{} written, {} removed", counted(built.written, "file"), built.removed));
    let parts: Vec<String> = [items, pages].into_iter().flatten().collect();
    if !parts.is_empty() {
        output::line(format_args!("{} in {took}", parts.join("; ")));
    }
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
        assert_eq!(changed(&vec![String::new(); NAMED], 5_000, false), Changed::Everything);
    }
}
