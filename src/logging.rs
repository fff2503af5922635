//! Log lines: to standard error, quiet unless asked.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat, LogLevel};

/// Starts logging for this process.
pub(crate) fn start(config: &Config) {
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(directives(config.log_level)));
    let builder = builder.with_writer(std::io::stderr);
    if config.log_format == LogFormat::Json && !std::io::stderr().is_terminal() {
        builder.json().init();
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
}

/// Crates of this project at the level asked for, all of whose names begin alike; all others only where something is
/// wrong, for they are many.
fn directives(level: LogLevel) -> String {
    format!("{},vitrine={}", level.min(LogLevel::Warn).as_str(), level.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_crates_stay_quiet() {
        assert_eq!(directives(LogLevel::Debug), "warn,vitrine=debug");
        assert_eq!(directives(LogLevel::Error), "error,vitrine=error");
        let filter = EnvFilter::try_new(directives(LogLevel::Info)).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::fmt().with_env_filter(filter).finish(), || {
            assert!(tracing::enabled!(target: "vitrine_workers::consumer", tracing::Level::INFO));
            assert!(!tracing::enabled!(target: "vitrine_workers::consumer", tracing::Level::DEBUG));
            assert!(!tracing::enabled!(target: "sqlx::query", tracing::Level::INFO));
        });
    }
}
