//! A plain web server of a folder, which can be slow, broken and gone.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use vitrine_core::ContentHash;

/// Serves a folder: no types, no redirects of its own but a slash behind a folder's name, no page for errors.
#[derive(Debug)]
pub struct Origin {
    /// Scheme, host and port, without a final slash.
    pub base: String,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    root: PathBuf,
    delay: Duration,
    answer: Option<(u16, String)>,
    asked: Vec<String>,
}

#[allow(clippy::expect_used, reason = "test support")]
impl Origin {
    /// Serves a folder at a free port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(root: impl Into<PathBuf>) -> Self {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0)), root.into()).await
    }

    async fn listen(address: SocketAddr, root: PathBuf) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(Mutex::new(State { root, ..State::default() }));
        let task = tokio::spawn(serve(listener, state.clone()));
        Self { base: format!("http://{address}"), address, state, task }
    }

    /// Stops listening; what is under way is answered.
    pub async fn stop(&mut self) {
        self.task.abort();
        // The port is free once the task is gone.
        let _ = (&mut self.task).await;
    }

    /// Listens again where it did.
    ///
    /// # Panics
    /// When somebody took the port.
    pub async fn resume(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("the port it had");
        self.task = tokio::spawn(serve(listener, self.state.clone()));
    }

    /// Reads the file at once and answers so much later.
    pub fn set_delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Answers everything so; `None` serves files again.
    pub fn set_answer(&self, answer: Option<(u16, &str)>) {
        self.state().answer = answer.map(|(status, body)| (status, body.to_owned()));
    }

    /// Method and path of everything asked since the last call, `GET /de/index.html`.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            // A client that went away is no trouble of a test's.
            let _ = answer(stream, &state).await;
        });
    }
}

async fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        match header.trim().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            Some(_) => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    let (method, path) = line.split_once(' ').unwrap_or_default();
    let path = path.split(' ').next().unwrap_or_default();
    let (delay, (status, more, body)) = {
        let mut state = locked(state);
        state.asked.push(format!("{method} {path}"));
        let fixed = state.answer.clone().map(|(status, body)| (status, String::new(), body.into_bytes()));
        (state.delay, fixed.unwrap_or_else(|| file(&state.root, path)))
    };
    tokio::time::sleep(delay).await;
    let head =
        format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(if method == "HEAD" { &[] } else { &body }).await?;
    stream.shutdown().await
}

fn file(root: &Path, path: &str) -> (u16, String, Vec<u8>) {
    let path = path.split('?').next().unwrap_or_default();
    let Ok(name) = percent_decode_str(path.trim_start_matches('/')).decode_utf8() else {
        return (400, String::new(), Vec::new());
    };
    let file = root.join(&*name);
    if file.is_dir() {
        return (301, format!("location: {path}/\r\n"), Vec::new());
    }
    match std::fs::read(file) {
        Ok(bytes) => (200, format!("etag: \"{}\"\r\n", ContentHash::of(&bytes).hex()), bytes),
        Err(_) => (404, String::new(), b"no such file\n".to_vec()),
    }
}
