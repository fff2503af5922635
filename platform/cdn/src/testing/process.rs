//! Programs that tests start.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A start that takes longer is broken, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

/// A running program; ended when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

#[allow(clippy::expect_used, clippy::panic, reason = "a test without its service must fail loudly")]
impl Process {
    /// Starts `command`, whose words go to `log`, and waits until an address answers to HTTP.
    pub(super) async fn start(mut command: Command, log: &Path, address: &str, install: &str) -> Self {
        let words = File::create(log).expect("a log file");
        let errors = words.try_clone().expect("a log file");
        let child = command.stdin(Stdio::null()).stdout(words).stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}; {install}"));
        let mut process = Self { child, log: log.to_owned() };
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if let Ok(Some(status)) = process.child.try_wait() {
                panic!("{command:?} ended with {status}; {install}\n{}", process.said());
            }
            if answers(address).await {
                return process;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{address} did not answer within {PATIENCE:?}\n{}", process.said());
    }

    /// What it has written so far.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a signal by its name (`KILL`) and waits for the end.
    pub(super) fn stop(&mut self, signal: &str) {
        let id = self.child.id().to_string();
        // It may have ended by itself.
        let _ = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop("TERM");
        }
    }
}

/// Whether something speaks HTTP at a base address.
pub(super) async fn answers(base: &str) -> bool {
    reqwest::get(format!("{base}/")).await.is_ok()
}

/// A port nobody listens at.
#[allow(clippy::expect_used, reason = "test support")]
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A file of the repository.
pub(super) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
