//! A mail server that is down and comes back (aiosmtpd): nothing is lost, and nothing comes twice.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use vitrine_db::testing::for_each_backend;
use vitrine_mail::{Security, Smtp, SmtpConfig};

use crate::shop::{MODULES, Shop};

/// Made by `tests/run`.
const VENV: &str = "../../target/smtp-venv";
const INSTALL: &str =
    "install it with 'python3 -m venv target/smtp-venv && target/smtp-venv/bin/pip install aiosmtpd==1.4.6'";
/// Longer than a letter waits after its first failure, ms.
const FIRST_RETRY: i64 = 61_000;

/// A server that keeps what it takes in a mail folder.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn start(port: u16, mailbox: &Path) -> Server {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(VENV).join("bin/python");
    let mut command = Command::new(&python);
    command.args(["-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")]);
    command.args(["-c", "aiosmtpd.handlers.Mailbox"]).arg(mailbox);
    let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn();
    let server = Server(child.unwrap_or_else(|error| panic!("{}: {error}; {INSTALL}", python.display())));
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return server;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the mail server did not start; {INSTALL}");
}

fn letters(mailbox: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(mailbox.join("new")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_wait_for_a_server_that_is_down() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db).await;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mailbox = folder.path().join("mailbox");
        let config = SmtpConfig {
            host: "127.0.0.1".into(),
            port,
            security: Security::None,
            login: None,
            hello: "nimbus.example".into(),
            timeout_ms: 30_000,
        };
        let postman = shop.postman(Arc::new(Smtp::try_new(&config).unwrap()));
        for country in ["DE", "AE"] {
            let order = shop.order(country, if country == "DE" { "de-DE" } else { "ar-AE" }).await;
            shop.place(&order).await;
        }
        assert_eq!(shop.relay().await, 2);
        let round = postman.round().await.unwrap();
        assert_eq!((round.due, round.sent, round.failed), (2, 0, 2));

        let server = start(port, &mailbox).await;
        assert_eq!(postman.round().await.unwrap().due, 0, "they wait a little");
        shop.clock.advance_ms(FIRST_RETRY);
        assert_eq!(postman.round().await.unwrap().sent, 2);
        drop(server);
        // Whatever happens later, they went out.
        shop.clock.advance_ms(10 * FIRST_RETRY);
        assert_eq!(postman.round().await.unwrap().due, 0);
        let letters = letters(&mailbox);
        assert_eq!(letters.len(), 2);
        for letter in letters {
            assert!(letter.contains("multipart/alternative") && letter.is_ascii(), "{letter}");
            assert!(letter.contains("@nimbus.example>"), "{letter}");
        }
    })
    .await;
}
