//! A proxy before the test server that fails as a service in trouble does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Passed on.
    None,
    /// Answered by the proxy with a status and code.
    Status(u16, &'static str),
    /// Taken, and never answered.
    Stall,
    /// Passed on, but its answer is lost.
    LoseAnswer,
    /// Passed on, but the answer breaks off within its body.
    Truncate,
}

/// Decides by the number of the request (from 0) and its first line.
type Decide = dyn Fn(u64, &str) -> Fault + Send + Sync;

/// A proxy that runs until the test ends.
pub(crate) struct Proxy {
    pub address: String,
    faults: Arc<AtomicUsize>,
    requests: Arc<AtomicU64>,
    open: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens, and passes requests to the server at `target` as `decide` says.
    pub(crate) async fn start(
        target: &str,
        decide: impl Fn(u64, &str) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (faults, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
        let open = Arc::new(AtomicUsize::new(0));
        let proxy = Self { address, faults: faults.clone(), requests: requests.clone(), open: open.clone() };
        let target = target.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let decide: Arc<Decide> = Arc::new(decide);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, decide) = (target.clone(), decide.clone());
                let (faults, requests, open) = (faults.clone(), requests.clone(), open.clone());
                open.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    // A client that has given up is what some tests are about.
                    let _ = serve(client, &target, &*decide, &faults, &requests).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        proxy
    }

    /// How many requests were not answered as the server would have.
    pub(crate) fn faults(&self) -> usize {
        self.faults.load(Ordering::SeqCst)
    }

    /// Whether no request is under way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.open.load(Ordering::SeqCst) == 0
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// One request a connection.
async fn serve(
    mut client: TcpStream,
    target: &str,
    decide: &Decide,
    faults: &AtomicUsize,
    requests: &AtomicU64,
) -> io::Result<()> {
    let (head, body) = read_request(&mut client).await?;
    let number = requests.fetch_add(1, Ordering::SeqCst);
    let fault = decide(number, head.lines().next().unwrap_or_default());
    faults.fetch_add(usize::from(fault != Fault::None), Ordering::SeqCst);
    match fault {
        Fault::Status(status, code) => {
            let body = format!(
                "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>planted</Message></Error>"
            );
            let length = body.len();
            let head = format!("HTTP/1.1 {status} Planted\r\ncontent-type: application/xml\r\n");
            let answer = format!("{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
            client.write_all(answer.as_bytes()).await
        }
        Fault::Stall => {
            // Until the client hangs up.
            client.read(&mut [0; 1]).await.map(drop)
        }
        Fault::LoseAnswer => forward(target, &head, &body).await.map(drop),
        Fault::Truncate => {
            let answer = forward(target, &head, &body).await?;
            client.write_all(&answer[..answer.len().saturating_sub(1)]).await
        }
        Fault::None => client.write_all(&forward(target, &head, &body).await?).await,
    }
}

/// The head of a request with its empty line, and its body.
async fn read_request(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = bytes.split_off(end);
    while body.len() < length.unwrap_or(0) {
        if client.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((head, body))
}

/// The server's whole answer.
async fn forward(target: &str, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(target).await?;
    let closing = head.trim_end().to_owned() + "\r\nconnection: close\r\n\r\n";
    server.write_all(closing.as_bytes()).await?;
    server.write_all(body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    // The client is not to use this connection again either.
    let text = answer.windows(2).position(|two| two == b"\r\n").map_or(0, |line| line + 2);
    answer.splice(text..text, b"connection: close\r\n".iter().copied());
    Ok(answer)
}
