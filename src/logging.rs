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

/// Crates of this project at the level asked for; all others only where something is wrong, for they are many.
fn directives(level: LogLevel) -> String {
    let crates = [
        "vitrine",
        "vitrine_access",
        "vitrine_api",
        "vitrine_catalog",
        "vitrine_content",
        "vitrine_db",
        "vitrine_generator",
        "vitrine_import",
        "vitrine_intake",
        "vitrine_pictures",
        "vitrine_store",
        "vitrine_theme",
    ];
    let others = level.min(LogLevel::Warn).as_str();
    let ours = crates.map(|name| format!("{name}={}", level.as_str()));
    format!("{others},{}", ours.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_crates_stay_quiet() {
        assert!(directives(LogLevel::Debug).starts_with("warn,vitrine=debug,"));
        assert!(directives(LogLevel::Error).starts_with("error,vitrine=error,"));
        assert!(EnvFilter::try_new(directives(LogLevel::Trace)).is_ok());
    }
}
