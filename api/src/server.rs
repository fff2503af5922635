//! The service with a socket.
//!
//! axum's own server has no limit for the time a head may take and for the number of connections; here a client that
//! sends a byte a minute costs one connection for ten seconds.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::client::Peer;
use crate::{Api, Limits, routes};

/// Pause after a connection could not be taken: the process is out of files, say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Largest head of a request, bytes.
const HEAD_BYTES: usize = 32 << 10;

/// Serves until `stop` completes; requests under way then get [`Limits::drain`] to end.
pub async fn serve(listener: TcpListener, api: Api, stop: impl Future<Output = ()>) {
    run(listener, &api, routes::router(api.clone()), stop).await;
}

/// The same with `/livez`, `/readyz` and `/metrics` only, for processes that do their work elsewhere.
pub async fn serve_probes(listener: TcpListener, api: Api, stop: impl Future<Output = ()>) {
    run(listener, &api, routes::probes(api.clone()), stop).await;
}

async fn run(listener: TcpListener, api: &Api, app: Router, stop: impl Future<Output = ()>) {
    let limits = &api.doors.limits;
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let has_room = connections.len() < limits.connections;
        tokio::select! {
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer, app.clone(), limits, &graceful));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    api.stop();
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests were cut off");
    }
}

/// Serves one connection to its end.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    limits: &Limits,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        app.clone().oneshot(request.map(Body::new))
    });
    // Small answers need not wait for more.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(HEAD_BYTES);
    let watched = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
    async move {
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}
