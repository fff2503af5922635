//! moto in the place of S3 and CloudFront.

use std::process::Command;

use super::process::{Process, answers, free_port, source};

/// Where it is looked for, unless `VITRINE_TEST_S3` says otherwise.
const USUAL: &str = "http://127.0.0.1:5555";
/// Made with `python3 -m venv`, for all tests that need moto.
const VENV: &str = "target/moto-venv";
const INSTALL: &str = "install it with 'python3 -m venv target/moto-venv && \
    target/moto-venv/bin/pip install \"moto[server,s3,cloudfront]==5.2.*\"', or say in VITRINE_TEST_S3 where one runs";

/// A running moto; one that was started here ends when it is dropped.
#[derive(Debug)]
pub struct Moto {
    /// Scheme, host and port, without a final slash.
    pub base: String,
    _process: Option<(Process, tempfile::TempDir)>,
}

impl Moto {
    /// The one that runs, or one of its own at a free port. It takes any keys, and unsigned requests.
    ///
    /// # Panics
    /// When none runs and none is installed.
    #[allow(clippy::expect_used, reason = "a test without its service must fail loudly")]
    pub async fn start() -> Self {
        #[allow(clippy::disallowed_methods, reason = "tests have no configuration file")]
        let told = std::env::var("VITRINE_TEST_S3").ok();
        let base = told.as_deref().unwrap_or(USUAL).trim_end_matches('/').to_owned();
        if answers(&base).await {
            return Self { base, _process: None };
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let mut command = Command::new(source(VENV).join("bin/moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let base = format!("http://127.0.0.1:{port}");
        let process = Process::start(command, &folder.path().join("log"), &base, INSTALL).await;
        Self { base, _process: Some((process, folder)) }
    }
}
