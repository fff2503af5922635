//! Varnish as `infra/docker/varnish/start` starts it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::process::{Process, free_port, source};
use crate::{HttpPurge, HttpPurgeConfig};

const INSTALL: &str = "install it with 'apt-get install varnish'";
/// What every started Varnish wants to hear.
const SECRET: &str = "a secret of tests";

/// What a Varnish of a test stands before.
#[derive(Clone, Debug)]
pub struct VarnishSetup {
    origin: String,
    api: Option<String>,
    tables: Option<String>,
    port: Option<u16>,
}

impl VarnishSetup {
    /// `origin` is `http://host:port`, a bucket's name behind it if there is one.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), api: None, tables: None, port: None }
    }

    /// Where `/api/` goes.
    #[must_use]
    pub fn api(self, base: impl Into<String>) -> Self {
        Self { api: Some(base.into()), ..self }
    }

    /// The text of `tables.vcl`, from [`crate::vcl::tables`]; without it there is no edition and no old address.
    #[must_use]
    pub fn tables(self, text: impl Into<String>) -> Self {
        Self { tables: Some(text.into()), ..self }
    }

    /// Listens at this port: that of a Varnish that is gone, to come back as it.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// Starts it at its port, a free one if none was said.
    ///
    /// # Panics
    /// When Varnish is not installed or does not take the VCL.
    #[allow(clippy::expect_used, reason = "a test without its service must fail loudly")]
    pub async fn start(self) -> Varnish {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tables = folder.path().join("tables.vcl");
        if let Some(text) = &self.tables {
            std::fs::write(&tables, text).expect("a file for the tables");
        }
        let port = self.port.unwrap_or_else(free_port);
        let base = format!("http://127.0.0.1:{port}");
        let mut command = Command::new(source("infra/docker/varnish/start"));
        // Without jail: its user could not read a temporary folder of ours. With 'none' it may run as root.
        command
            .args(["-j", "none", "-p", "thread_pool_min=20"])
            .env("VITRINE_ORIGIN", &self.origin)
            .env("VITRINE_API", self.api.as_deref().unwrap_or("http://127.0.0.1:1"))
            .env("VITRINE_PURGE_SECRET", SECRET)
            .env("VITRINE_EDGE_LISTEN", format!("127.0.0.1:{port}"))
            .env("VITRINE_EDGE_TABLES", &tables)
            .env("VITRINE_EDGE_MEMORY", "64m")
            .env("VITRINE_EDGE_FOLDER", folder.path().join("edge"));
        let process = Process::start(command, &folder.path().join("log"), &base, INSTALL).await;
        Varnish { base, port, tables, process, _folder: folder }
    }
}

/// A running Varnish; ended when it is dropped.
#[derive(Debug)]
pub struct Varnish {
    /// Scheme, host and port, without a final slash.
    pub base: String,
    /// Where it listens.
    pub port: u16,
    tables: PathBuf,
    process: Process,
    _folder: tempfile::TempDir,
}

impl Varnish {
    /// What it must be told before it forgets.
    pub fn secret(&self) -> &'static str {
        SECRET
    }

    /// Tells it, and only it.
    ///
    /// # Panics
    /// Never in fact: the address is one.
    #[allow(clippy::expect_used, reason = "test support")]
    pub fn cdn(&self) -> HttpPurge {
        self.cdn_within(Duration::from_secs(20))
    }

    /// As [`Varnish::cdn`], each question within a time.
    ///
    /// # Panics
    /// Never in fact: the address is one.
    #[allow(clippy::expect_used, reason = "test support")]
    pub fn cdn_within(&self, timeout: Duration) -> HttpPurge {
        let config = HttpPurgeConfig::new(vec![self.base.clone()], SECRET.into());
        HttpPurge::try_new(&HttpPurgeConfig { timeout, ..config }).expect("an address")
    }

    /// Gives it other tables, which it takes within some seconds.
    ///
    /// # Panics
    /// When the file can't be written.
    #[allow(clippy::expect_used, reason = "test support")]
    pub fn set_tables(&self, text: &str) {
        // Replaced whole: it may be looking.
        let next = self.tables.with_extension("next");
        std::fs::write(&next, text).expect("a file for the tables");
        std::fs::rename(next, &self.tables).expect("the tables in place");
    }

    /// Ends it at once, as a machine that loses its power.
    pub async fn kill(&mut self) {
        self.process.stop("KILL");
        // That was its parent; the process that answers notices a little later.
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What it has written so far.
    pub fn said(&self) -> String {
        self.process.said()
    }
}
