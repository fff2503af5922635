//! A RabbitMQ broker of one test's own, which may be killed without harm to anybody else.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::random;

/// Debian's; the one in /usr/sbin changes to another user first. `VITRINE_TEST_RABBITMQ_SERVER` names another.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";
/// A start takes 4 s on an idle machine.
const START: Duration = Duration::from_secs(120);

/// The broker: its own node name, ports, cookie and folder. Only epmd, Erlang's port mapper, is shared: it runs once
/// on a machine.
pub(crate) struct Broker {
    folder: TempDir,
    node: String,
    port: u16,
    distribution: u16,
    child: Option<Child>,
}

impl Broker {
    /// Starts a broker with nothing in it.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A file that is there and empty keeps the machine's own configuration out.
        for name in ["env.conf", "rabbitmq.conf"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::write(folder.path().join("plugins"), "[].\n").unwrap();
        let node = format!("vitrine-{:08x}@localhost", random() as u32);
        let mut broker = Self { folder, node, port: free_port(), distribution: free_port(), child: None };
        broker.start_again().await;
        broker
    }

    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// Starts it on what the last run left behind.
    pub(crate) async fn start_again(&mut self) {
        #[allow(clippy::disallowed_methods, reason = "tests have no configuration file")]
        let server = std::env::var("VITRINE_TEST_RABBITMQ_SERVER").unwrap_or_else(|_| SERVER.to_owned());
        #[allow(clippy::disallowed_methods, reason = "a program needs a path to find others")]
        let path = std::env::var("PATH").unwrap();
        let inside = |name: &str| -> PathBuf { self.folder.path().join(name) };
        let log = std::fs::File::options().create(true).append(true).open(inside("log")).unwrap();
        let mut command = Command::new(&server);
        command
            .env_clear()
            .env("PATH", path)
            .env("LANG", "C.UTF-8")
            .env("HOME", self.folder.path())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", &self.node)
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", inside("env.conf"))
            .env("RABBITMQ_CONFIG_FILE", inside("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", inside("plugins"))
            .env("RABBITMQ_MNESIA_BASE", inside("mnesia"))
            .env("RABBITMQ_LOG_BASE", inside("logs"))
            .env("RABBITMQ_PID_FILE", inside("pid"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            // A group of its own: the script that starts the broker ends with it.
            .process_group(0);
        let child = command.spawn();
        self.child = Some(child.unwrap_or_else(|error| {
            panic!("{server}: {error}; VITRINE_TEST_RABBITMQ_SERVER says where a RabbitMQ server is")
        }));
        let listening = async {
            while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        if tokio::time::timeout(START, listening).await.is_err() {
            panic!(
                "the broker did not start: {}",
                std::fs::read_to_string(inside("log")).unwrap_or_default()
            );
        }
    }

    /// SIGKILL: nothing is written any more.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, Signal::KILL);
            child.wait().unwrap();
        }
    }

    /// SIGSTOP: it keeps its connections and does not answer.
    pub(crate) fn pause(&self) {
        signal(self.child.as_ref().unwrap(), Signal::STOP);
    }

    /// SIGCONT.
    pub(crate) fn go_on(&self) {
        signal(self.child.as_ref().unwrap(), Signal::CONT);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(child: &Child, signal: Signal) {
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process_group(group, signal).unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
