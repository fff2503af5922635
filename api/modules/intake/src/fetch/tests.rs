//! What may be fetched, against servers on this machine.

use std::sync::Mutex;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;

/// Answers every connection with the bytes given, in turn; the last ones again and again. Returns its port.
async fn server(host: &str, answers: Vec<Vec<u8>>) -> u16 {
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut answers = answers.into_iter().peekable();
        let mut last = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            last = answers.next().unwrap_or(last);
            let answer = last.clone();
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

fn answer(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{fields}\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn ok(body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("content-length: {}\r\n", body.len()), body)
}

fn redirect(to: &str) -> Vec<u8> {
    answer("302 Found", &format!("location: {to}\r\ncontent-length: 0\r\n"), b"")
}

/// Only 127.0.0.1 of the private addresses is allowed.
fn policy() -> FetchPolicy {
    FetchPolicy::new(&[], vec!["127.0.0.1/32".parse().unwrap()])
}

async fn fetched(policy: &FetchPolicy, address: &str) -> Result<Vec<u8>, Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.ndjson");
    policy.fetch(address, &file, TraceContext::root()).await?;
    Ok(std::fs::read(file).unwrap())
}

async fn refused(policy: &FetchPolicy, address: &str) -> String {
    match fetched(policy, address).await {
        Err(Error::Address(why)) => why,
        other => panic!("{address}: {other:?}"),
    }
}

#[tokio::test]
async fn a_feed_is_saved_as_it_came() {
    let port = server("127.0.0.1", vec![ok(b"line 1\nline 2\n")]).await;
    let address = format!("http://127.0.0.1:{port}/delta.ndjson");
    assert_eq!(fetched(&policy(), &address).await.unwrap(), b"line 1\nline 2\n");
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let strict = FetchPolicy::new(&[], vec![]);
    for host in [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:7f00:1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[64:ff9b::127.0.0.1]",
    ] {
        for scheme in ["http", "https"] {
            let why = refused(&strict, &format!("{scheme}://{host}/feed")).await;
            assert!(why.contains("has the private address"), "{host}: {why}");
        }
    }
}

#[tokio::test]
async fn a_name_that_stands_for_a_private_address_is_refused() {
    let port = server("127.0.0.1", vec![ok(b"secret")]).await;
    let strict = FetchPolicy::new(&[], vec![]);
    for host in ["localhost", "LOCALHOST", "localhost."] {
        let why = refused(&strict, &format!("https://{host}:{port}/")).await;
        assert!(why.contains("localhost has the private address"), "{why}");
    }
}

#[tokio::test]
async fn one_private_address_among_public_ones_is_enough() {
    let mut strict = FetchPolicy::new(&[], vec![]);
    strict.resolver = Resolver(Arc::new(|_, port| {
        let addresses =
            ["1.1.1.1", "10.0.0.7"].map(|address| SocketAddr::new(address.parse().unwrap(), port));
        Box::pin(async move { Ok(addresses.to_vec()) })
    }));
    assert!(refused(&strict, "https://pim.example/").await.contains("private address 10.0.0.7"));
}

/// A name that is looked up twice may stand for something else the second time.
#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_looked_at() {
    let port = server("127.0.0.1", vec![ok(b"good")]).await;
    let asked = Arc::new(Mutex::new(0));
    let counted = asked.clone();
    let mut rebinding = policy();
    rebinding.resolver = Resolver(Arc::new(move |_, port| {
        *counted.lock().unwrap() += 1;
        Box::pin(async move { Ok(vec![SocketAddr::new("127.0.0.1".parse().unwrap(), port)]) })
    }));
    // No other resolver knows this name.
    assert_eq!(fetched(&rebinding, &format!("http://pim.invalid:{port}/")).await.unwrap(), b"good");
    assert_eq!(*asked.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_redirect_is_looked_at_like_the_first_address() {
    let hidden = server("127.0.0.2", vec![ok(b"secret")]).await;
    for to in [
        format!("http://127.0.0.2:{hidden}/"),
        "http://10.0.0.1/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[::ffff:10.0.0.1]/".to_owned(),
        "https://[::1]/".to_owned(),
    ] {
        let port = server("127.0.0.1", vec![redirect(&to)]).await;
        let why = refused(&policy(), &format!("http://127.0.0.1:{port}/")).await;
        assert!(why.contains("private address"), "{to}: {why}");
    }
    let port = server("127.0.0.1", vec![redirect("file:///etc/passwd")]).await;
    assert!(refused(&policy(), &format!("http://127.0.0.1:{port}/")).await.contains("not https"));
}

#[tokio::test]
async fn a_few_redirects_are_followed() {
    let answers = vec![redirect("/a"), redirect("b"), redirect("?c"), ok(b"here")];
    let port = server("127.0.0.1", answers).await;
    assert_eq!(fetched(&policy(), &format!("http://127.0.0.1:{port}/")).await.unwrap(), b"here");
    let port = server("127.0.0.1", vec![redirect("/again")]).await;
    assert!(refused(&policy(), &format!("http://127.0.0.1:{port}/")).await.contains("more than 3 redirects"));
    let port = server("127.0.0.1", vec![answer("302 Found", "content-length: 0\r\n", b"")]).await;
    assert!(refused(&policy(), &format!("http://127.0.0.1:{port}/")).await.contains("leads to no address"));
}

#[tokio::test]
async fn only_hosts_on_the_list_are_asked() {
    let port = server("127.0.0.1", vec![redirect("https://elsewhere.example/")]).await;
    let networks = vec!["127.0.0.1".parse().unwrap()];
    let listed = FetchPolicy::new(&["127.0.0.1".into(), "PIM.example".into()], networks);
    assert!(listed.admit("https://pim.EXAMPLE./feed").is_ok());
    let why = refused(&listed, &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(why, "the host elsewhere.example is not among those allowed");
    assert!(listed.admit("https://notpim.example/").is_err());
}

#[test]
fn the_text_of_an_address_must_be_plain() {
    let policy = policy();
    for (address, said) in [
        ("pim.example/feed", "not understood"),
        ("file:///etc/passwd", "not https"),
        ("gopher://pim.example/", "not https"),
        ("https://user:pass@pim.example/", "a user or a password"),
        ("https://user@pim.example/", "a user or a password"),
        ("http://1.1.1.1/", "without TLS"),
    ] {
        let why = policy.admit(address).unwrap_err().to_string();
        assert!(why.contains(said), "{address}: {why}");
    }
    assert!(policy.admit("https://pim.example/feed?x=1").is_ok());
}

#[tokio::test]
async fn a_public_name_is_not_asked_without_tls() {
    let mut plain = policy();
    plain.resolver = Resolver(Arc::new(|_, port| {
        Box::pin(async move { Ok(vec![SocketAddr::new("1.1.1.1".parse().unwrap(), port)]) })
    }));
    assert!(refused(&plain, "http://pim.example/").await.contains("without TLS"));
}

#[tokio::test]
async fn a_feed_beyond_the_limit_is_left_alone() {
    let small = FetchPolicy { bytes: 100, ..policy() };
    let port = server("127.0.0.1", vec![ok(&[b'x'; 101])]).await;
    let told = fetched(&small, &format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(told, Err(Error::TooLarge(100))), "{told:?}");
    // Without a length it shows only as it comes.
    let port = server("127.0.0.1", vec![answer("200 OK", "", &[b'x'; 101])]).await;
    let told = fetched(&small, &format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(told, Err(Error::TooLarge(100))), "{told:?}");
    let port = server("127.0.0.1", vec![ok(&[b'x'; 100])]).await;
    assert_eq!(fetched(&small, &format!("http://127.0.0.1:{port}/")).await.unwrap().len(), 100);
}

/// `head -c 100000 /dev/zero | gzip -9n`: 132 bytes that become 100,000.
const BOMB: &[u8] = include_bytes!("zeros.gz");

#[tokio::test]
async fn a_packed_feed_is_measured_unpacked() {
    let packed =
        answer("200 OK", &format!("content-encoding: gzip\r\ncontent-length: {}\r\n", BOMB.len()), BOMB);
    let port = server("127.0.0.1", vec![packed]).await;
    let address = format!("http://127.0.0.1:{port}/");
    assert_eq!(fetched(&policy(), &address).await.unwrap(), vec![0; 100_000]);
    let told = fetched(&FetchPolicy { bytes: 99_999, ..policy() }, &address).await;
    assert!(matches!(told, Err(Error::TooLarge(99_999))), "{told:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hasty = FetchPolicy { total: Duration::from_millis(200), ..policy() };
    let told = fetched(&hasty, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(told.is_transient() && told.to_string().contains("no whole answer within 0.2 s"), "{told}");
}

#[tokio::test]
async fn other_answers_are_told_by_their_number() {
    for (status, again) in
        [("404 Not Found", true), ("403 Forbidden", false), ("503 Service Unavailable", true)]
    {
        let port = server("127.0.0.1", vec![answer(status, "content-length: 0\r\n", b"")]).await;
        let told = fetched(&policy(), &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
        assert_eq!(told.to_string(), format!("the server answered {}", &status[..3]));
        assert_eq!(told.is_transient(), again, "{status}");
    }
}

#[tokio::test]
async fn a_failure_does_not_tell_the_whole_address() {
    let told = fetched(&policy(), "http://127.0.0.1:1/feed?key=hunter2").await.unwrap_err();
    assert!(told.is_transient() && !told.to_string().contains("hunter2"), "{told}");
}
