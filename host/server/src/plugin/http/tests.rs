//! Outgoing HTTP against real servers on loopback.

use super::*;
use std::net::{IpAddr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that reads the head of each request and answers with the same bytes; its address, and what it was asked.
async fn server(answer: impl Into<Vec<u8>>) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, asked) = tokio::sync::mpsc::unbounded_channel();
    let answer = answer.into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (told, answer) = (told.clone(), answer.clone());
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    let mut some = [0; 1024];
                    match stream.read(&mut some).await {
                        Ok(1..) => head.extend_from_slice(&some),
                        _ => return,
                    }
                }
                let text = String::from_utf8_lossy(&head).replace('\0', "");
                let _ = told.send(text);
                let _ = stream.write_all(&answer).await;
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (address, asked)
}

/// What `grants` allow; names stand for these addresses.
fn outgoing(grants: &[HttpGrant], addresses: &'static [&'static str]) -> Arc<Outgoing> {
    let lookup: Lookup =
        Arc::new(|_: &str| Ok(addresses.iter().map(|address| address.parse::<IpAddr>().unwrap()).collect()));
    let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
    Outgoing::new(&"test".into(), grants, 2, &recorder, &Blocking::new(), &lookup).unwrap()
}

fn grant(host: &str, port: u16) -> HttpGrant {
    HttpGrant { port: Some(port), schemes: vec!["http".into()], ..HttpGrant::new(host) }
}

fn get(url: String) -> Request {
    Request { method: "GET".into(), url, headers: Vec::new(), body: Vec::new(), timeout_ms: None }
}

async fn send(outgoing: &Arc<Outgoing>, request: Request) -> Result<Response, Error> {
    outgoing.send(request, Instant::now() + Duration::from_secs(20)).await
}

/// The error of a request to the server at a port, whose grant was changed.
async fn refused(port: u16, change: impl FnOnce(&mut HttpGrant), request: Request) -> Error {
    let mut grant = grant("127.0.0.1", port);
    change(&mut grant);
    send(&outgoing(&[grant], &[]), request).await.expect_err("it must be refused")
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-hall: great\r\nconnection: close\r\n\r\nsk\u{e5}l";

#[tokio::test]
async fn a_granted_server_is_asked_and_its_response_returned() {
    let (address, mut asked) = server(OK).await;
    let mut request = get(format!("http://{address}/a?b=c#d"));
    request.headers.push(("X-Key".into(), "secret".into()));
    let response = send(&outgoing(&[grant("127.0.0.1", address.port())], &[]), request).await.unwrap();
    assert_eq!((response.status, &*response.body), (200, "skål".as_bytes()));
    assert!(response.headers.contains(&("x-hall".into(), "great".into())), "{:?}", response.headers);
    let asked = asked.recv().await.unwrap();
    assert!(asked.starts_with("GET /a?b=c HTTP/1.1\r\n") && asked.contains("x-key: secret"), "{asked}");
}

#[tokio::test]
async fn what_is_not_granted_is_refused_with_the_line_to_add() {
    let outgoing = outgoing(&[grant("127.0.0.1", 9)], &["127.0.0.1"]);
    let allow = "in http in [plugin.test.allow]";
    for (method, url, code, part) in [
        ("GET", "https://api.example.com/x", 7, r#"add { host = "api.example.com" } to http in [plugin.test.allow]"#),
        ("GET", "http://api.example.com:81/", 7, r#"add { host = "api.example.com", port = 81, schemes = ["http"] }"#),
        ("GET", "https://127.0.0.1:9/", 7, "may not ask 127.0.0.1:9"),
        ("GET", "http://127.0.0.1:10/", 7, "may not ask 127.0.0.1:10"),
        ("GET", "http://localhost:9/", 7, "may not ask localhost:9"),
        ("GET", "http://[::ffff:127.0.0.1]:9/", 7, "may not ask"),
        ("DELETE", "http://127.0.0.1:9/", 7, allow),
        ("GET", "http://me:pass@127.0.0.1:9/", 3, "user or password"),
        ("GET", "ftp://127.0.0.1:9/", 3, "no https: or http: URL"),
        ("GET", "file:///etc/passwd", 3, "no https: or http: URL"),
        ("GET", "nonsense", 3, "no URL"),
        ("GET", "", 3, "no URL"),
        ("NO METHOD", "http://127.0.0.1:9/", 3, "no HTTP method"),
    ] {
        let request = Request { method: method.into(), ..get(url.into()) };
        let error = send(&outgoing, request).await.expect_err(url);
        assert_eq!(error.code, code, "{method} {url}: {}", error.message);
        assert!(error.message.contains(part), "{method} {url}: {}", error.message);
    }
}

#[tokio::test]
async fn headers_are_checked_one_by_one() {
    for (header, value, code) in [
        ("Host", "other", 3),
        ("content-length", "7", 3),
        ("Transfer-Encoding", "chunked", 3),
        ("connection", "upgrade", 3),
        ("proxy-authorization", "x", 3),
        ("x y", "z", 3),
        ("", "z", 3),
        ("x-key", "a\r\nb: c", 3),
        ("x-other", "z", 7),
    ] {
        let request = Request { headers: vec![(header.into(), value.into())], ..get("http://127.0.0.1:9/".into()) };
        let error = refused(9, |grant| grant.headers = vec!["x-key".into()], request).await;
        assert_eq!(error.code, code, "{header}: {}", error.message);
    }
    let many = Request { headers: vec![("x-key".into(), String::new()); 65], ..get("http://127.0.0.1:9/".into()) };
    assert_eq!(refused(9, |_| {}, many).await.code, 3);
    let body = Request { body: vec![0; 11], method: "POST".into(), ..get("http://127.0.0.1:9/".into()) };
    let error = refused(9, |grant| grant.request_bytes = 10, body).await;
    assert_eq!(
        (error.code, &*error.message),
        (8, "the body for 127.0.0.1:9 is 11 bytes, the limit is 10, request_bytes of its grant")
    );
}

#[tokio::test]
async fn a_name_that_stands_for_a_private_address_is_refused_unless_granted() {
    let (address, mut asked) = server(OK).await;
    let url = format!("http://api.example.com:{}/", address.port());
    let public = grant("api.example.com", address.port());
    for addresses in [&["127.0.0.1"][..], &["::1"], &["::ffff:127.0.0.1"], &["10.0.0.1"]] {
        let error = send(&outgoing(std::slice::from_ref(&public), addresses), get(url.clone())).await.unwrap_err();
        assert_eq!(error.code, 7, "{addresses:?}: {}", error.message);
        assert!(error.message.contains("private = true") && error.message.contains(addresses[0]), "{}", error.message);
    }
    let metadata = HttpGrant { private: true, ..public.clone() };
    for grant in [&public, &metadata] {
        let grants = std::slice::from_ref(grant);
        let error = send(&outgoing(grants, &["169.254.169.254"]), get(url.clone())).await.unwrap_err();
        assert_eq!(error.code, 7);
        assert!(error.message.contains("169.254.169.254, which no name may stand for"), "{}", error.message);
    }
    assert!(asked.try_recv().is_err(), "nobody was asked");
    let private = HttpGrant { private: true, ..public };
    let response = send(&outgoing(&[private], &["127.0.0.1"]), get(url)).await.unwrap();
    assert_eq!(response.status, 200);
    assert!(asked.recv().await.unwrap().contains("host: api.example.com"));
}

#[tokio::test]
async fn redirects_are_followed_within_the_grants_alone() {
    let (target, mut asked) = server(OK).await;
    let redirect = |status: u16, to: String| {
        format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    };
    let post = |port: u16| Request {
        method: "POST".into(),
        headers: [("authorization", "secret"), ("x-key", "secret"), ("content-type", "text/plain")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: b"mead".to_vec(),
        ..get(format!("http://127.0.0.1:{port}/"))
    };
    for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let (first, _) = server(redirect(status, format!("http://{target}/there"))).await;
        let both = outgoing(&[grant("127.0.0.1", first.port()), grant("127.0.0.1", target.port())], &[]);
        assert_eq!(send(&both, post(first.port())).await.unwrap().status, 200);
        let told = asked.recv().await.unwrap();
        assert!(told.starts_with(&format!("{method} /there ")), "{status}: {told}");
        assert!(!told.contains("secret"), "another server is told no secret: {told}");
        assert_eq!(told.contains("content-type"), method == "POST", "{told}");

        let alone = outgoing(&[grant("127.0.0.1", first.port())], &[]);
        let error = send(&alone, post(first.port())).await.unwrap_err();
        assert_eq!(error.code, 7, "{}", error.message);
        assert!(error.message.contains(&format!("redirects to {target}")), "{}", error.message);
    }
    let (first, _) = server(redirect(302, "/again".into())).await;
    let error = refused(first.port(), |_| {}, get(format!("http://{first}/"))).await;
    assert_eq!((error.code, error.message), (14, format!("{first} redirects more than 3 times")));
    let none = HttpGrant { redirects: 0, ..grant("127.0.0.1", first.port()) };
    assert_eq!(send(&outgoing(&[none], &[]), get(format!("http://{first}/"))).await.unwrap().status, 302);
    let (first, _) = server(redirect(302, "file:///etc/passwd".into())).await;
    assert_eq!(refused(first.port(), |_| {}, get(format!("http://{first}/"))).await.code, 14);
}

#[tokio::test]
async fn servers_that_lie_stall_or_break_off_are_errors() {
    let large = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(2000));
    let chunked =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{}\r\n0\r\n\r\n", "x".repeat(2000));
    let headers = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(HTTP_HEADER_BYTES));
    for (answer, code, part) in [
        (large, 8, "more than 1000 bytes"),
        (chunked, 8, "more than 1000 bytes"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".into(), 8, "more than 1000 bytes"),
        (headers, 8, "headers"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx".into(), 14, "broke off"),
        ("nonsense\r\n\r\n".into(), 14, "cannot be asked"),
        (String::new(), 4, "has not answered within 300 ms"),
    ] {
        let (address, _asked) = server(answer.clone()).await;
        let change = |grant: &mut HttpGrant| (grant.response_bytes, grant.timeout_ms) = (1000, 300);
        let error = refused(address.port(), change, get(format!("http://{address}/"))).await;
        let shown: String = answer.chars().take(60).collect();
        assert_eq!(error.code, code, "{shown}: {}", error.message);
        assert!(error.message.contains(part) && error.message.contains("127.0.0.1"), "{shown}: {}", error.message);
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(refused(closed.port(), |_| {}, get(format!("http://{closed}/"))).await.code, 14);
}

#[tokio::test]
async fn the_calls_deadline_bounds_the_request() {
    let (address, _asked) = server("").await;
    let outgoing = outgoing(&[grant("127.0.0.1", address.port())], &[]);
    let until = Instant::now() + Duration::from_millis(400);
    let error = outgoing.send(get(format!("http://{address}/")), until).await.unwrap_err();
    assert_eq!(error.code, 4, "{}", error.message);
    assert!(Instant::now() < until + Duration::from_secs(10));
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_may_be() {
    let (address, mut asked) = server("").await;
    let outgoing = outgoing(&[grant("127.0.0.1", address.port())], &[]);
    let request = |timeout| Request { timeout_ms: Some(timeout), ..get(format!("http://{address}/")) };
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (outgoing, request) = (outgoing.clone(), request(60_000));
            tokio::spawn(async move { send(&outgoing, request).await })
        })
        .collect();
    for _ in 0..2 {
        asked.recv().await.unwrap();
    }
    let error = send(&outgoing, request(50)).await.unwrap_err();
    assert_eq!((error.code, error.message.contains("has 2 requests under way")), (8, true), "{}", error.message);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}
