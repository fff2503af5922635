//! What can go wrong with telemetry.

/// A failure of telemetry; none of them concerns a shopper.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The registry could not be set up.
    #[error("metrics: {0}")]
    Setup(#[from] metrics_exporter_prometheus::BuildError),
    /// Another registry is in place in this process.
    #[error("metrics are already recorded elsewhere in this process")]
    Installed,
    /// The thread that keeps histograms small could not be started.
    #[error("metrics: can't start a thread: {0}")]
    Thread(#[source] std::io::Error),
}
