//! A PostgreSQL server of one test's own.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::free_port;

/// Debian keeps its versions here; `VITRINE_TEST_POSTGRES_BIN` names another folder of programs.
const VERSIONS: &str = "/usr/lib/postgresql";
const INSTALL: &str = "install it with 'apt-get install postgresql', or say in VITRINE_TEST_POSTGRES_BIN where \
    initdb and postgres are";
/// A start takes a second on an idle machine; a recovery some more.
const START: Duration = Duration::from_secs(120);

/// The server, with an empty database.
pub(crate) struct Postgres {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut postgres = Self { folder, port: free_port(), child: None };
        if is_root() {
            // The server refuses to run as root.
            let given = Command::new("chown").arg("postgres").arg(postgres.folder.path()).status().unwrap();
            assert!(given.success(), "no user postgres; {INSTALL}");
        }
        let data = postgres.data();
        let mut initdb = postgres.program("initdb");
        initdb
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"])
            .arg(data);
        let made = initdb.output().unwrap_or_else(|error| panic!("initdb: {error}; {INSTALL}"));
        assert!(made.status.success(), "{INSTALL}\n{}", String::from_utf8_lossy(&made.stderr));
        postgres.start_again();
        postgres
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it on what the last run left behind.
    pub(crate) fn start_again(&mut self) {
        let log = self.folder.path().join("log");
        let words = File::options().create(true).append(true).open(&log).unwrap();
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data());
        for setting in [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_connections=200".to_owned(),
        ] {
            server.args(["-c", &setting]);
        }
        server.stdin(Stdio::null()).stdout(words.try_clone().unwrap()).stderr(words);
        self.child = Some(server.spawn().unwrap_or_else(|error| panic!("postgres: {error}; {INSTALL}")));
        let start = Instant::now();
        while !self.is_ready() {
            assert!(start.elapsed() < START, "{}", fs::read_to_string(&log).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops it at once: connections break, and its next start recovers from the log.
    pub(crate) fn stop_at_once(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // `runuser` waits for the server; the file names the server itself.
        let id = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let id = id.lines().next().unwrap_or_default().to_owned();
        // It may have ended by itself.
        let _ = Command::new("kill").args(["-QUIT", &id]).status();
        child.wait().unwrap();
    }

    fn is_ready(&self) -> bool {
        let port = self.port.to_string();
        let asked = self.program("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
        TcpStream::connect(("127.0.0.1", self.port)).is_ok() && asked.is_ok_and(|asked| asked.success())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let program = programs().join(name);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop_at_once();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Where the newest version's programs are.
fn programs() -> PathBuf {
    if let Ok(told) = std::env::var("VITRINE_TEST_POSTGRES_BIN") {
        return PathBuf::from(told);
    }
    let versions = fs::read_dir(VERSIONS).unwrap_or_else(|error| panic!("{VERSIONS}: {error}; {INSTALL}"));
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.unwrap().path()).max_by_key(|path| number(path));
    newest.unwrap_or_else(|| panic!("{VERSIONS} is empty; {INSTALL}")).join("bin")
}
