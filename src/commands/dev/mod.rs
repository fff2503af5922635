//! `vitrine dev`: everything on this machine, following every change of the files.

mod headers;
mod letters;
mod media;
mod reload;
mod roles;
mod rounds;
mod server;
mod site;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::sync::oneshot;

use self::media::{Encoded, Pictures};
use self::roles::{Lock, local};
use self::rounds::Rounds;
use self::server::Served;
use self::watch::Watcher;
use super::{Outcome, api};
use crate::cli::{Content, Listen, State};
use crate::commerce::Commerce;
use crate::config::Config;
use crate::keeper;
use crate::listen::listen;
use crate::report::counted;
use crate::shop::{self, Shop};
use crate::stopwatch::{Stopwatch, Took};
use crate::{output, post};

/// Answers under way when the server is stopped get this long.
const FAREWELL: Duration = Duration::from_millis(300);

/// What can be asked of it.
#[derive(Debug, Default, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) content: Content,
    #[command(flatten)]
    pub(crate) state: State,
}

/// Builds, serves and follows until somebody stops it.
pub(crate) async fn run(config: &Config, stopped: impl Future<Output = ()>) -> Result<Outcome> {
    let watch = Stopwatch::start();
    let mut stopped = pin!(stopped);
    let content = shop::content(config)?;
    let templates = shop::templates(config)?;
    // The port is taken first, so that nobody waits for a build only to hear that it is in use; answers begin with
    // the first build's end.
    let listener = listen(config.host, config.port).await?;
    let address = listener.local_addr()?;
    let shop = Shop::open(config).await?;
    let lock = Lock::take(&config.state)?;
    let commerce = Commerce::open(config, &shop)?;
    // Watching begins before the files are read: what changes in between is seen twice rather than never.
    let mut watcher = follow(&[Some(content), templates.as_deref()]);
    let pictures = Pictures::start(shop.studio.clone(), tell_pictures).context("can't start a thread")?;
    let served = Arc::new(Served::new(shop.site(), pictures, post::folder(&shop), shop::now().ms()));
    let mut rounds = Rounds::new(config.clone(), shop.clone(), templates, served.clone(), lock);
    let is_ready = tokio::select! {
        () = &mut stopped => false,
        () = rounds.first() => true,
    };
    if !is_ready {
        rounds.stop().await;
        return Ok(Outcome::Done);
    }
    // What is sold is known only now.
    match api::within(&local(config), &shop, &commerce).await {
        Ok(api) => served.set_api(api),
        Err(error) => {
            output::note(format_args!("nothing can be bought here until the next start: {error:#}"));
        }
    }
    greet(&served, config.host, address, watch);
    let (stop, stopping) = oneshot::channel::<()>();
    let server = axum::serve(listener, server::router(served.clone())).with_graceful_shutdown(async {
        let _ = stopping.await;
    });
    let server = tokio::spawn(server.into_future());
    let (rest, resting) = oneshot::channel::<()>();
    let keeper = tokio::spawn(keeper::run(commerce, async {
        let _ = resting.await;
    }));
    tokio::select! {
        () = &mut stopped => {}
        () = rounds.follow(watcher.as_mut()) => {}
    }
    served.reload.close();
    drop((stop, rest));
    rounds.stop().await;
    let _ = tokio::time::timeout(FAREWELL, async { tokio::join!(server, keeper) }).await;
    Ok(Outcome::Done)
}

/// Watches folders; without watches the shop is still served, it only follows no change.
fn follow(folders: &[Option<&std::path::Path>]) -> Option<Watcher> {
    let folders: Vec<&std::path::Path> = folders.iter().flatten().copied().collect();
    Watcher::try_new(&folders)
        .inspect_err(|error| output::note(format_args!("changes of the files are not followed: {error}")))
        .ok()
}

fn tell_pictures(encoded: Encoded) {
    match encoded {
        Encoded::Done { pictures, took } => {
            output::line(format_args!("{} encoded in {}", counted(pictures as u64, "picture"), Took(took)));
        }
        Encoded::Failed(why) => output::error(why),
    }
}

fn greet(served: &Served, host: IpAddr, address: SocketAddr, watch: Stopwatch) {
    let host =
        if host.is_loopback() || host.is_unspecified() { "localhost".to_owned() } else { host.to_string() };
    let base = format!("http://{host}:{}", address.port());
    let routing = served.routing();
    let rows: Vec<[String; 3]> = routing
        .editions()
        .iter()
        .map(|edition| [edition.country.clone(), edition.locale.clone(), format!("{base}{}", edition.path)])
        .collect();
    output::line("");
    if !rows.is_empty() {
        output::line(output::table(&rows));
        output::line("");
    }
    output::line(format_args!("letters are at {base}{}", letters::ADDRESS));
    output::line(format_args!("ready in {} at {base}/ (Ctrl-C stops)", Took(watch.elapsed())));
}
