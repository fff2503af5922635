//! Tells open browser windows what a build changed, through server-sent events.

use std::sync::Mutex;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};

/// The script every page of the dev server loads.
pub(crate) const CLIENT: &str = include_str!("client.js");
/// Signals kept for a window that is slow to read; one that misses more reloads.
const KEPT: usize = 64;
/// After this a window looks for a server that went away, so that a restart shows at once.
const RETRY: Duration = Duration::from_millis(500);

/// Something that keeps the shop from being what its files say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// `content/products/aurora/product.toml:14:9`, or what failed.
    pub(crate) place: String,
    /// One sentence.
    pub(crate) what: String,
}

/// What a build changed, as far as windows need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// No page.
    Nothing,
    /// Style sheets only.
    Styles,
    /// Pages at these addresses (`/de/p/cloud/`).
    Pages(Vec<String>),
    /// More than can be listed.
    Everything,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Signal {
    Hello { build: String, problems: Vec<Problem> },
    Pages { build: String, paths: Vec<String> },
    Everything { build: String },
    Styles { build: String },
    Problems { problems: Vec<Problem> },
}

struct State {
    build: u64,
    problems: Vec<Problem>,
    /// `None` once the server stops.
    sender: Option<broadcast::Sender<Signal>>,
}

/// The line to the windows.
pub(crate) struct Reload {
    /// Tells a window that waited through a restart that its page may be of an earlier run.
    run: String,
    state: Mutex<State>,
}

impl Reload {
    /// `run` differs from one start of the server to the next.
    pub(crate) fn new(run: String) -> Self {
        let (sender, _) = broadcast::channel(KEPT);
        Self { run, state: Mutex::new(State { build: 0, problems: Vec::new(), sender: Some(sender) }) }
    }

    /// What is put into every page, so that the page knows of which build it is.
    pub(crate) fn script(&self) -> String {
        let build = self.with(|state| self.name(state));
        format!(r#"<script src="/__vitrine/reload.js" data-build="{build}" defer></script>"#)
    }

    /// Says what a build changed.
    pub(crate) fn built(&self, changed: Changed) {
        if changed == Changed::Nothing {
            return;
        }
        self.with(|state| {
            state.build += 1;
            let build = self.name(state);
            let signal = match changed {
                Changed::Styles => Signal::Styles { build },
                Changed::Pages(paths) => Signal::Pages { build, paths },
                Changed::Everything | Changed::Nothing => Signal::Everything { build },
            };
            state.tell(signal);
        });
    }

    /// Says what is wrong now; nothing takes the overlay away. Answers whether that is something else than before.
    pub(crate) fn set_problems(&self, problems: Vec<Problem>) -> bool {
        self.with(|state| {
            let differs = state.problems != problems;
            if differs {
                state.problems.clone_from(&problems);
                state.tell(Signal::Problems { problems });
            }
            differs
        })
    }

    /// Ends all streams, so that the server can stop.
    pub(crate) fn close(&self) {
        self.with(|state| state.sender = None);
    }

    /// The events of one window, beginning with the present state.
    pub(crate) fn events(&self) -> impl Stream<Item = Result<Event, axum::Error>> + use<> {
        let (receiver, hello, run) = self.with(|state| {
            let hello = Signal::Hello { build: self.name(state), problems: state.problems.clone() };
            (state.sender.as_ref().map(broadcast::Sender::subscribe), hello, self.run.clone())
        });
        futures_util::stream::unfold((receiver, Some(hello), run), |(mut receiver, hello, run)| async move {
            if let Some(hello) = hello {
                return Some((event(&hello), (receiver, None, run)));
            }
            let signal = match receiver.as_mut()?.recv().await {
                Ok(signal) => signal,
                Err(RecvError::Lagged(_)) => Signal::Everything { build: format!("{run}-missed") },
                Err(RecvError::Closed) => return None,
            };
            Some((event(&signal), (receiver, None, run)))
        })
    }

    fn name(&self, state: &State) -> String {
        format!("{}-{}", self.run, state.build)
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // Nothing below can panic half-way, so a poisoned state is still whole.
        act(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl State {
    fn tell(&self, signal: Signal) {
        if let Some(sender) = &self.sender {
            // No window is open: nobody to tell.
            let _ = sender.send(signal);
        }
    }
}

fn event(signal: &Signal) -> Result<Event, axum::Error> {
    let data = serde_json::to_string(signal).map_err(axum::Error::new)?;
    Ok(Event::default().retry(RETRY).data(data))
}

/// Addresses of the pages among changed files (`de/p/cloud/index.html` -> `/de/p/cloud/`).
pub(crate) fn addresses(files: &[String]) -> Vec<String> {
    let address = |file: &String| {
        let path = file.trim_start_matches('/');
        let folder = path.strip_suffix("index.html").unwrap_or(path);
        (folder.is_empty() || folder.ends_with('/')).then(|| format!("/{folder}"))
    };
    files.iter().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt as _;

    use super::*;

    async fn said(stream: &mut (impl Stream<Item = Result<Event, axum::Error>> + Unpin)) -> String {
        format!("{:?}", stream.next().await.unwrap().unwrap())
    }

    #[tokio::test]
    async fn a_window_hears_the_present_state_then_what_changes() {
        let reload = Reload::new("run".to_owned());
        let problem = Problem { place: "content/store.toml:1:1".to_owned(), what: "wrong".to_owned() };
        reload.set_problems(vec![problem]);
        let mut window = pin!(reload.events());
        assert!(said(&mut window).await.contains("content/store.toml:1:1"));
        reload.built(Changed::Nothing);
        reload.built(Changed::Pages(vec!["/de/".to_owned()]));
        let event = said(&mut window).await;
        assert!(event.contains("pages") && event.contains("run-1") && event.contains("/de/"), "{event}");
        reload.set_problems(Vec::new());
        assert!(said(&mut window).await.contains("problems"));
        reload.close();
        assert!(window.next().await.is_none());
    }

    #[tokio::test]
    async fn equal_problems_are_told_once() {
        let reload = Reload::new("run".to_owned());
        let mut window = pin!(reload.events());
        said(&mut window).await;
        reload.set_problems(Vec::new());
        reload.built(Changed::Styles);
        assert!(said(&mut window).await.contains("styles"));
    }

    #[tokio::test]
    async fn a_window_that_missed_signals_reloads() {
        let reload = Reload::new("run".to_owned());
        let mut window = pin!(reload.events());
        said(&mut window).await;
        for _ in 0..=KEPT {
            reload.built(Changed::Styles);
        }
        assert!(said(&mut window).await.contains("everything"));
    }

    #[test]
    fn only_pages_have_addresses() {
        let files = ["de/p/cloud/index.html", "index.html", "/gb/", "robots.txt", "de/404.html"];
        assert_eq!(addresses(&files.map(str::to_owned)), ["/de/p/cloud/", "/", "/gb/"]);
    }
}
