//! Opens a feed's source as something that blocks while it is read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use tokio::sync::mpsc;

use super::{FeedLimits, FeedSource};
use crate::error::ImportError;

/// Chunks of an address that wait to be read: a chunk is what the network gave at once.
const CHUNKS: usize = 16;
/// Bytes read from a file at once.
const BUFFER: usize = 256 << 10;

pub(super) type Input = Box<dyn BufRead + Send>;

/// Opens the source; the content of an address comes while it is read.
pub(super) async fn open(source: &FeedSource, limits: &FeedLimits) -> Result<Input, ImportError> {
    let failed = |why: String| ImportError::FeedOpen { address: source.to_string(), why };
    let input: Box<dyn Read + Send> = match source {
        FeedSource::File(path) => Box::new(File::open(path).map_err(|error| failed(error.to_string()))?),
        FeedSource::Stdin => Box::new(io::stdin()),
        FeedSource::Url(url) => Box::new(fetch(url, limits).await.map_err(failed)?),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, Limited { input, left: limits.bytes })))
}

async fn fetch(url: &str, limits: &FeedLimits) -> Result<Chunks, String> {
    let client = reqwest::Client::builder()
        .connect_timeout(limits.connect)
        .read_timeout(limits.silence)
        .user_agent(concat!("vitrine/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| in_full(&error))?;
    let mut response = client.get(url).send().await.map_err(|error| in_full(&error))?;
    if !response.status().is_success() {
        return Err(format!("the server answered {}", response.status()));
    }
    let (sender, receiver) = mpsc::channel(CHUNKS);
    tokio::spawn(async move {
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => Ok(chunk.to_vec()),
                Ok(None) => break,
                Err(error) => Err(io::Error::other(in_full(&error))),
            };
            let is_last = chunk.is_err();
            if sender.send(chunk).await.is_err() || is_last {
                break;
            }
        }
    });
    Ok(Chunks { receiver, chunk: io::Cursor::default() })
}

/// The error with its causes: the first sentence alone says 'error sending request'.
fn in_full(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Chunks of an address, read from a thread that may block.
struct Chunks {
    receiver: mpsc::Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.chunk = io::Cursor::new(chunk?),
            }
        }
    }
}

/// A source that fails once it gave more than it may.
struct Limited {
    input: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let count = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(count)
            .ok_or_else(|| io::Error::other("the feed is larger than allowed"))?;
        Ok(read)
    }
}

/// Reads the next line, without its end, into `line`; `false` at the end. A line beyond `limit` is an error.
pub(super) fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let (taken, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end, true),
            None => (buffer.len(), false),
        };
        if line.len() + taken > limit {
            return Err(io::Error::other(format!("a line is longer than {limit} bytes")));
        }
        line.extend_from_slice(&buffer[..taken]);
        input.consume(taken + usize::from(ended));
        if ended {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_bounded() {
        let mut input = BufReader::with_capacity(3, &b"abcdef\n\nlast"[..]);
        let mut line = Vec::new();
        let mut lines = Vec::new();
        while next_line(&mut input, &mut line, 6).unwrap() {
            lines.push(String::from_utf8(line.clone()).unwrap());
        }
        assert_eq!(lines, ["abcdef", "", "last"]);
        let mut input = BufReader::with_capacity(3, &b"abcdefg\n"[..]);
        assert!(next_line(&mut input, &mut line, 6).unwrap_err().to_string().contains("longer than 6"));
    }

    #[test]
    fn a_source_may_not_grow_without_end() {
        let mut input = Limited { input: Box::new(io::repeat(b'x')), left: 10 };
        let mut buffer = [0; 6];
        assert!(input.read(&mut buffer).is_ok());
        assert!(input.read(&mut buffer).is_err());
    }
}
