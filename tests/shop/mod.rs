//! A copy of the shipped shop in a folder of its own, and the program run on it.

#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::disallowed_methods, reason = "tests measure how long they wait")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A start that takes longer is broken, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a finished run said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A shop that a test may change: the shipped content with pictures small enough to encode in no time.
pub(crate) struct Shop {
    folder: tempfile::TempDir,
    settings: Vec<(&'static str, String)>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&source("content"), &folder.path().join("content"));
        Self { folder, settings: Vec::new() }
    }

    /// Sets a variable for every command from now on.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.settings.push((name, value.into()));
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// Replaces the first `from` of a file.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, &text.replacen(from, to, 1));
    }

    /// Sets the German price of the first variant of a product, in euros, for all times.
    pub(crate) fn set_price(&self, product: &str, euros: u32) {
        let file = format!("content/products/{product}/product.toml");
        let text = self.read(&file);
        let (head, tail) = text.split_once("\nDE = [").unwrap();
        let (_, tail) = tail.split_once('\n').unwrap();
        self.write(&file, &format!("{head}\nDE = [{{ amount = {euros} }}]\n{tail}"));
    }

    /// Gives the shop templates of its own.
    pub(crate) fn own_templates(&self) {
        copy(&source("templates"), &self.path("templates"));
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "")
    }

    /// Runs a command that reads standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may have ended by now.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the dev server on a free port and waits until it is ready.
    pub(crate) fn dev(&self) -> Dev {
        let mut command = self.command(&["dev", "--port", "0"]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = follow(child.stdout.take().unwrap());
        let err = follow(child.stderr.take().unwrap());
        let mut dev = Dev { child, base: String::new(), out, err };
        let line = dev.wait_for_line("ready in ");
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        // The name may lead to an address the server does not listen at.
        dev.base = address.trim_end_matches('/').replace("localhost", "127.0.0.1");
        dev
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vitrine"));
        command.args(arguments).current_dir(self.folder.path()).env("RUST_BACKTRACE", "1");
        for name in
            ["VITRINE_DATABASE_URL", "VITRINE_STATE", "VITRINE_CONTENT", "VITRINE_PORT", "VITRINE_HOST"]
        {
            command.env_remove(name);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A running dev server; killed when the test ends.
pub(crate) struct Dev {
    child: Child,
    /// Address without a final slash.
    pub(crate) base: String,
    out: Lines,
    err: Lines,
}

type Lines = Arc<Mutex<Vec<String>>>;

impl Dev {
    /// A page as it is served now.
    pub(crate) async fn page(&self, path: &str) -> String {
        let page = reqwest::get(format!("{}{path}", self.base)).await.unwrap();
        page.error_for_status().unwrap().text().await.unwrap()
    }

    /// Sends a signal by its name (`INT`) and waits for the end.
    pub(crate) fn stop(&mut self, signal: &str, within: Duration) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
        let start = Instant::now();
        while start.elapsed() < within {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("still running {within:?} after SIG{signal}");
    }

    fn wait_for_line(&mut self, part: &str) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(line) = self.out.lock().unwrap().iter().find(|line| line.contains(part)) {
                return line.clone();
            }
            assert!(self.child.try_wait().unwrap().is_none(), "ended early: {:?}", self.err.lock().unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no line with '{part}' in {:?} {:?}", self.out.lock().unwrap(), self.err.lock().unwrap());
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It has ended already where a test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stream: impl std::io::Read + Send + 'static) -> Lines {
    let lines = Lines::default();
    let kept = lines.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            kept.lock().unwrap().push(line);
        }
    });
    lines
}

fn source(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_some_and(|end| end == "jpg") {
            small_picture(&target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A plain picture; its shade comes from its name, so that no two are the same file.
fn small_picture(file: &Path) {
    let name = file.file_name().unwrap().as_encoded_bytes();
    let shade = |step: u8| name.iter().fold(step, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    let picture = image::RgbImage::from_pixel(64, 48, image::Rgb([shade(1), shade(2), shade(3)]));
    picture.save(file).unwrap();
}
