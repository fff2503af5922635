//! A channel in use.

use std::ops::Deref;

use lapin::Channel;
use tokio::runtime::Handle;

use super::PATIENCE;

/// A channel and its only user. Dropped, it is closed, and the broker delivers again what was held on it.
///
/// lapin closes a channel with its last handle, but keeps one itself where a subscription was dropped before the
/// broker confirmed it; a message that was sent there would hang.
#[derive(Debug)]
pub(super) struct Lane {
    channel: Channel,
    kept: bool,
}

impl Lane {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel, kept: false }
    }

    /// The channel for the next user: nothing is held, subscribed or unconfirmed on it.
    pub(super) fn into_idle(mut self) -> Channel {
        self.kept = true;
        self.channel.clone()
    }
}

impl Deref for Lane {
    type Target = Channel;

    fn deref(&self) -> &Channel {
        &self.channel
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Without a runtime there is no connection either.
        if let Ok(runtime) = Handle::try_current()
            && !self.kept
            && self.channel.status().connected()
        {
            let channel = self.channel.clone();
            runtime.spawn(async move {
                let close = channel.close(200, "OK".into());
                match tokio::time::timeout(PATIENCE, close).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::debug!(%error, "a channel was not closed"),
                    Err(_) => tracing::debug!("a channel was not closed in time"),
                }
            });
        }
    }
}
