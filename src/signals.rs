//! Ctrl-C and SIGTERM.

use std::future::Future;

use anyhow::{Context, Result};

/// Completes when somebody asks this process to stop.
///
/// # Errors
/// When the system does not let signals be heard.
#[cfg(unix)]
pub(crate) fn stopped() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = "can't listen to signals";
    let mut interrupt = signal(SignalKind::interrupt()).context(heard)?;
    let mut terminate = signal(SignalKind::terminate()).context(heard)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes when somebody asks this process to stop.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub(crate) fn stopped() -> Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
