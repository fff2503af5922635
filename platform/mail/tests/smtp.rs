//! Letters to a real SMTP server (aiosmtpd): taken, refused, put off, slow, guarded and gone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use vitrine_core::Timestamp;
use vitrine_mail::{Address, Letter, MailError, Mailer, MessageId, Security, Smtp, SmtpConfig};

/// Made with `python3 -m venv`.
const VENV: &str = "../../target/smtp-venv";
const INSTALL: &str =
    "install it with 'python3 -m venv target/smtp-venv && target/smtp-venv/bin/pip install aiosmtpd==1.4.6'";

/// Keeps letters in a folder; recipients say what happens to theirs.
const SERVER: &str = r#"
import asyncio, os, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, port, guarded = sys.argv[1], int(sys.argv[2]), sys.argv[3] == 'guarded'

class Handler:
    count = 0
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split('@')[0]
        if name == 'never':
            return '550 5.1.1 no such user'
        if name == 'later':
            return '451 4.7.1 try again later'
        if name == 'slow':
            await asyncio.sleep(5)
        envelope.rcpt_tos.append(address)
        return '250 OK'
    async def handle_DATA(self, server, session, envelope):
        Handler.count += 1
        head = f'X-Hello: {session.host_name}\nX-From: {envelope.mail_from}\nX-To: {",".join(envelope.rcpt_tos)}\n'
        with open(f'{folder}/{Handler.count}.part', 'wb') as file:
            file.write(head.encode() + envelope.content)
        os.rename(f'{folder}/{Handler.count}.part', f'{folder}/{Handler.count}.eml')
        return '250 2.0.0 taken'

def check(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b'shop', b'right'), handled=False)

more = dict(auth_required=True, auth_require_tls=False, authenticator=check) if guarded else {}
Controller(Handler(), hostname='127.0.0.1', port=port, **more).start()
open(f'{folder}/ready', 'w').close()
while True:
    time.sleep(60)
"#;

struct Server {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(kind: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("server.py");
        std::fs::write(&script, SERVER).unwrap();
        let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(VENV).join("bin/python");
        let mut command = Command::new(&python);
        command.arg(script).arg(folder.path()).args([&port.to_string(), kind]);
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{}: {error}; {INSTALL}", python.display()));
        let server = Self { child, folder, port };
        for _ in 0..600 {
            if server.folder.path().join("ready").exists() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the SMTP server did not start; {INSTALL}");
    }

    fn config(&self) -> SmtpConfig {
        SmtpConfig {
            host: "127.0.0.1".into(),
            port: self.port,
            security: Security::None,
            login: None,
            hello: "shop.nimbus.example".into(),
            timeout_ms: 1_500,
        }
    }

    fn mailer(&self) -> Smtp {
        Smtp::try_new(&self.config()).unwrap()
    }

    /// What was taken, in order.
    fn letters(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|e| e == "eml")).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

fn letter(to: &str, text: &str) -> Letter {
    let address = |text| Address::try_new("to", text).unwrap();
    let from = address("shop@nimbus.example").named("from", "Nimbus").unwrap();
    let id = MessageId::try_new("3f2a@nimbus.example").unwrap();
    let at = Timestamp::from_ms(1_764_150_000_000);
    Letter::try_new(id, from, address(to), "Danke für die Bestellung", text, at).unwrap()
}

async fn refused(mailer: &Smtp, to: &str) -> MailError {
    mailer.send(&letter(to, "x")).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_as_it_was_written() {
    let server = Server::start("open").await;
    let mailer = server.mailer();
    let text = "Grüße\r\n.\r\nMAIL FROM:<eve@example.com>\r\n";
    let whole = letter("ada@example.com", text).with_html("<p>Grüße</p>").unwrap();
    mailer.send(&whole).await.unwrap();
    mailer.send(&letter("bob@example.com", "second")).await.unwrap();
    let letters = server.letters();
    assert_eq!(letters.len(), 2);
    for line in [
        "X-Hello: shop.nimbus.example\n",
        "X-From: shop@nimbus.example\n",
        "X-To: ada@example.com\n",
        "Message-ID: <3f2a@nimbus.example>",
        "Subject: Danke =?utf-8?b?ZsO8cg==?= die Bestellung",
        "multipart/alternative",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(letters[0].contains(line), "{line}\n{}", letters[0]);
    }
    assert!(letters[1].contains("X-To: bob@example.com\n") && letters[1].contains("second"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_told_from_what_may_do_later() {
    let server = Server::start("open").await;
    let mailer = server.mailer();
    let never = refused(&mailer, "never@example.com").await;
    assert!(
        matches!(never, MailError::Permanent(_)) && never.to_string().contains("no such user"),
        "{never}"
    );
    let later = refused(&mailer, "later@example.com").await;
    assert!(later.is_transient() && later.to_string().contains("try again later"), "{later}");
    let slow = refused(&mailer, "slow@example.com").await;
    assert!(slow.is_transient(), "{slow}");
    // Neither stands in the way of the next.
    mailer.send(&letter("ada@example.com", "x")).await.unwrap();
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_tried_later() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Server::start("open").await;
    let mailer = Smtp::try_new(&SmtpConfig { port, ..server.config() }).unwrap();
    assert!(refused(&mailer, "ada@example.com").await.is_transient());
    // One that takes the call and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let mailer = Smtp::try_new(&SmtpConfig { port, timeout_ms: 300, ..server.config() }).unwrap();
    let error = refused(&mailer, "ada@example.com").await;
    assert!(error.is_transient(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_wait_while_the_password_is_wrong() {
    let server = Server::start("guarded").await;
    let login = |password: &str| Some(("shop".to_owned(), password.to_owned().into()));
    let with = |password| SmtpConfig { login: login(password), ..server.config() };
    let wrong = refused(&Smtp::try_new(&with("wrong")).unwrap(), "ada@example.com").await;
    assert!(wrong.is_transient(), "{wrong}");
    assert!(!wrong.to_string().contains("wrong"), "{wrong}");
    let none = refused(&server.mailer(), "ada@example.com").await;
    assert!(none.is_transient(), "{none}");
    Smtp::try_new(&with("right")).unwrap().send(&letter("ada@example.com", "x")).await.unwrap();
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_can_not_keep_the_way_private_gets_nothing() {
    let server = Server::start("open").await;
    for security in [Security::StartTls, Security::Tls] {
        let mailer = Smtp::try_new(&SmtpConfig { security, ..server.config() }).unwrap();
        let error = refused(&mailer, "ada@example.com").await;
        assert!(error.is_transient(), "{error}");
    }
    assert_eq!(server.letters().len(), 0);
}
