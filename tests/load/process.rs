//! A server in a process of its own.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hyper::Method;
use rustix::process::{Pid, Signal, kill_process};

use crate::Arguments;
use crate::client::Connection;
use crate::shop::Shop;

/// A start that takes longer is broken.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks whether it is ready; what `ready` says is exact to that.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A running server; killed when the run ends early.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// From its start until it said that it is ready.
    pub(crate) ready_in: Duration,
}

impl Server {
    /// `vitrine api`.
    pub(crate) async fn shop(shop: &Shop) -> Result<Self> {
        let port = free_port()?;
        let mut command = shop.command(&["api", "--port", &port.to_string()]);
        // One client asks more often than any shopper may.
        command.env("VITRINE_API_RATE", "4000000000");
        Self::start(command, port).await
    }

    /// This program, as the bare server.
    pub(crate) async fn bare(program: &Path, url: &str, asked: &Arguments) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(program);
        command.args(["--serve-bare", url, "--products", &asked.products.to_string()]);
        command.env("PORT", port.to_string());
        Self::start(command, port).await
    }

    async fn start(mut command: Command, port: u16) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let (address, start) = (format!("127.0.0.1:{port}"), Instant::now());
        let mut server = Self { child: command.spawn()?, address, ready_in: Duration::ZERO };
        while !is_ready(&server.address).await {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended: {status}");
            }
            if start.elapsed() > PATIENCE {
                bail!("the server is not ready after {PATIENCE:?}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        server.ready_in = start.elapsed();
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits for that.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let id =
            i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a server without an id")?;
        kill_process(id, Signal::TERM)?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > PATIENCE {
                bail!("the server did not end within {PATIENCE:?}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where the run saw to it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn is_ready(address: &str) -> bool {
    let Ok(mut connection) = Connection::open(address).await else { return false };
    let answer = connection.send(Method::GET, "/readyz", &[], String::new()).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
