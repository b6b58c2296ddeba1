//! Who may open a socket.

use super::support::{refusal, start};
use meadhall_core::clock::Timestamp;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

#[tokio::test]
async fn bad_handshakes_are_refused_in_plain_text_format_first() {
    let server = start(|_| {}).await;
    let tokens = server.tokens(1);
    let good = tokens.session;
    let refresh = tokens.refresh;
    let format = (400, "Invalid format parameter\n");
    let token = (401, "Missing or invalid token\n");
    let cases = [
        (String::new(), token),
        ("token=".into(), token),
        ("token=rubbish".into(), token),
        (format!("token={refresh}"), token),
        (format!("token={good}x"), token),
        (format!("token={good}&format=xml"), format),
        ("format=xml".into(), format),
        (format!("token={good}&format=JSON"), format),
    ];
    for (query, (status, body)) in cases {
        let url = format!("ws://{}/ws?{query}", server.server.addr());
        let expected = (status, "text/plain; charset=utf-8".to_owned(), body.to_owned());
        assert_eq!(refusal(url).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_header_wins_over_the_query() {
    let server = start(|_| {}).await;
    let good = server.token(1);
    for (header, query, opens) in [
        (format!("Bearer {good}"), "rubbish", true),
        ("Bearer rubbish".into(), good.as_str(), false),
        ("Basic ZGVmYXVsdGtleTo=".into(), good.as_str(), false),
    ] {
        let url = format!("ws://{}/ws?token={query}", server.server.addr());
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("authorization", header.parse().unwrap());
        assert_eq!(connect_async(request).await.is_ok(), opens, "{header} {query}");
    }
}

#[tokio::test]
async fn a_logged_out_token_opens_no_socket() {
    let server = start(|_| {}).await;
    let token = server.token(1);
    let app = server.server.app();
    let id = app.tokens.verify_session(&token, app.core.env.now()).unwrap().token_id;
    app.core.revocations.revoke(id, Timestamp::from_seconds(i64::from(u32::MAX))).await.unwrap();
    let url = format!("ws://{}/ws?token={token}", server.server.addr());
    assert_eq!(refusal(url).await.0, 401);
}

#[tokio::test]
async fn a_request_that_asks_for_no_socket_is_refused() {
    let server = start(|_| {}).await;
    let token = server.token(1);
    let answer = server.http(&format!("GET /ws?token={token} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nBad Request\n"), "{answer}");
}

#[tokio::test]
async fn status_is_what_go_takes_for_true() {
    let server = start(|_| {}).await;
    for (value, online) in [("true", true), ("1", true), ("t", true), ("false", false), ("yes", false), ("", false)] {
        let mut client = server.connect_with(1, &format!("&status={value}")).await;
        client.send(r#"{"cid":"1","ping":{}}"#).await;
        let first = client.json().await;
        assert_eq!(first.get("status_presence_event").is_some(), online, "status={value}: {first}");
        client.socket.close(None).await.unwrap();
        client.gone().await;
        server.wait_for_sessions(0).await;
    }
}
