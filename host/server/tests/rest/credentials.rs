//! Logging in, linking and unlinking.

use crate::client::{Rest, claims, device};
use serde_json::{Value, json};

const DEVICE: &str = "/v2/account/authenticate/device";
const EMAIL: &str = "/v2/account/authenticate/email";
const CUSTOM: &str = "/v2/account/authenticate/custom";

#[tokio::test]
async fn each_credential_makes_an_account_and_finds_it_again() {
    let rest = Rest::start().await;
    for (path, body) in [
        (DEVICE, json!({"id": "device-0000001"})),
        (EMAIL, json!({"email": "ann@example.test", "password": "correct horse"})),
        (CUSTOM, json!({"id": "custom-1"})),
    ] {
        let first = rest.post(path).basic("defaultkey").json(body.clone()).send().await;
        assert_eq!((first.status, &first.json()["created"]), (200, &json!(true)), "{path}");
        let name = claims(&first.player().token)["usn"].as_str().unwrap().to_owned();
        assert!(name.len() == 10 && name.bytes().all(|letter| letter.is_ascii_alphabetic()), "{name}");

        let again = rest.post(&format!("{path}?create=false")).basic("defaultkey").json(body).send().await;
        assert_eq!((again.status, again.json().get("created")), (200, None), "{path}");
        assert_eq!(again.player().id, first.player().id);
    }
}

#[tokio::test]
async fn tokens_say_who_and_how_long() {
    let rest = Rest::start().await;
    let body = json!({"id": "device-0000001", "vars": {"team": "red"}});
    let player = rest.post(&format!("{DEVICE}?username=ann")).basic("defaultkey").json(body).send().await.player();
    let (session, refresh) = (claims(&player.token), claims(&player.refresh));
    assert_eq!((&session["usn"], &session["vrs"]), (&json!("ann"), &json!({"team": "red"})));
    assert_eq!((&session["tid"], &session["iat"]), (&refresh["tid"], &refresh["iat"]));
    let lifetime = |claims: &Value| claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((lifetime(&session), lifetime(&refresh)), (3600, 86400));
}

#[tokio::test]
async fn an_email_is_the_same_in_capitals_and_a_name_does_instead() {
    let rest = Rest::start().await;
    let login = |query: &str, body: Value| rest.post(&format!("{EMAIL}?{query}")).basic("defaultkey").json(body).send();
    let made = login("username=ann", json!({"email": "ann@example.test", "password": "correct horse"})).await;
    for (query, body) in [
        ("create=false", json!({"email": "ANN@EXAMPLE.TEST", "password": "correct horse"})),
        ("create=false&username=ann", json!({"password": "correct horse"})),
    ] {
        assert_eq!(login(query, body).await.player().id, made.player().id, "{query}");
    }
}

#[tokio::test]
async fn bad_logins_are_refused_and_make_no_account() {
    let rest = Rest::start().await;
    rest.player("ann").await;
    let email = json!({"email": "eve@example.test", "password": "correct horse"});
    rest.post(&format!("{EMAIL}?username=eve")).basic("defaultkey").json(email).send().await.player();
    let long = |letter: &str| letter.repeat(129);
    let cases = [
        (DEVICE, "create=false", json!({"id": "device-unknown"}), 404, 5, "User account not found."),
        (DEVICE, "username=ann", json!({"id": "device-0000003"}), 409, 6, "Username is already in use."),
        (
            DEVICE,
            &format!("username={}", long("u")),
            json!({"id": "device-0000003"}),
            400,
            3,
            "Username invalid, must be 1-128 bytes.",
        ),
        (DEVICE, "", json!({}), 400, 3, "Device ID is required."),
        (DEVICE, "", json!({"id": null}), 400, 3, "Device ID is required."),
        (DEVICE, "", json!({"id": "abcdefghi"}), 400, 3, "Device ID invalid, must be 10-128 bytes."),
        (DEVICE, "", json!({"id": long("d")}), 400, 3, "Device ID invalid, must be 10-128 bytes."),
        (
            DEVICE,
            "",
            json!({"id": "device with space"}),
            400,
            3,
            "Device ID invalid, no spaces or control characters allowed.",
        ),
        (
            DEVICE,
            "",
            json!({"id": "device\u{1}control"}),
            400,
            3,
            "Device ID invalid, no spaces or control characters allowed.",
        ),
        (
            DEVICE,
            "create=maybe",
            json!({"id": "device-0000003"}),
            400,
            3,
            r#"parsing field "create": strconv.ParseBool: parsing "maybe": invalid syntax"#,
        ),
        (
            DEVICE,
            "username=a&username=b",
            json!({"id": "device-0000003"}),
            400,
            3,
            r#"too many values for field "username": a, b"#,
        ),
        (CUSTOM, "create=false", json!({"id": "custom-none"}), 404, 5, "User account not found."),
        (CUSTOM, "", json!({}), 400, 3, "Custom ID is required."),
        (CUSTOM, "", json!({"id": "abcde"}), 400, 3, "Custom ID invalid, must be 6-128 bytes."),
        (
            CUSTOM,
            "",
            json!({"id": "custom with space"}),
            400,
            3,
            "Custom ID invalid, no spaces or control characters allowed.",
        ),
        (
            EMAIL,
            "",
            json!({"email": "eve@example.test", "password": "wrong password"}),
            401,
            16,
            "Invalid credentials.",
        ),
        (EMAIL, "username=eve", json!({"password": "wrong password"}), 401, 16, "Invalid credentials."),
        (
            EMAIL,
            "create=false",
            json!({"email": "nobody@example.test", "password": "correct horse"}),
            404,
            5,
            "User account not found.",
        ),
        (
            EMAIL,
            "",
            json!({"password": "correct horse"}),
            400,
            3,
            "Username is required when email address is not supplied.",
        ),
        (EMAIL, "", json!({"email": "eve@example.test"}), 400, 3, "Password must be at least 8 characters long."),
        (
            EMAIL,
            "",
            json!({"email": "eve@example.test", "password": "1234567"}),
            400,
            3,
            "Password must be at least 8 characters long.",
        ),
        (
            EMAIL,
            "",
            json!({"email": "not an address", "password": "correct horse"}),
            400,
            3,
            "Invalid email address, no spaces or control characters allowed.",
        ),
        (
            EMAIL,
            "",
            json!({"email": "nothing.example.test", "password": "correct horse"}),
            400,
            3,
            "Invalid email address format.",
        ),
        (
            EMAIL,
            "",
            json!({"email": "a@b.c", "password": "correct horse"}),
            400,
            3,
            "Invalid email address, must be 10-255 bytes.",
        ),
        (
            EMAIL,
            "username=ann",
            json!({"email": "two@example.test", "password": "correct horse"}),
            409,
            6,
            "Username is already in use.",
        ),
    ];
    for (path, query, body, status, code, message) in cases {
        let answer = rest.post(&format!("{path}?{query}")).basic("defaultkey").json(body.clone()).send().await;
        println!("{path}?{query} {body}");
        answer.assert_refused(status, code, message);
    }
    // None of them left anything behind.
    let probe = rest.post(&format!("{DEVICE}?create=false")).basic("defaultkey").json(json!({"id": "device-0000003"}));
    probe.send().await.assert_refused(404, 5, "User account not found.");
}

#[tokio::test]
async fn credentials_are_linked_and_unlinked() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    rest.player("ben").await;
    let link = |path: &str, body: Value| rest.post(&format!("/v2/account/{path}")).by(&ann).json(body).send();
    let email = json!({"email": "ann@example.test", "password": "correct horse"});
    link("link/email", email.clone()).await.assert_empty();
    link("link/custom", json!({"id": "custom-ann"})).await.assert_empty();
    link("link/device", json!({"id": device("ann")})).await.assert_empty();
    let taken = link("link/device", json!({"id": device("ben")})).await;
    assert_eq!((taken.status, &taken.json()["code"]), (409, &json!(6)));
    link("link/device", json!({"id": "short"})).await.assert_refused(
        400,
        3,
        "Device ID invalid, must be 10-128 bytes.",
    );

    let account = rest.get("/v2/account").by(&ann).send().await.json();
    assert_eq!((&account["email"], &account["custom_id"]), (&json!("ann@example.test"), &json!("custom-ann")));
    let login = rest.post(&format!("{CUSTOM}?create=false")).basic("defaultkey").json(json!({"id": "custom-ann"}));
    assert_eq!(login.send().await.player().id, ann.id);

    link("unlink/custom", json!({"id": "custom-ann"})).await.assert_empty();
    link("unlink/email", email).await.assert_empty();
    let last = "Cannot unlink last account identifier. Check profile exists and is not last link.";
    link("unlink/custom", json!({"id": "custom-ann"})).await.assert_refused(403, 7, last);
    link("unlink/device", json!({"id": device("ann")})).await.assert_refused(403, 7, last);
    let account = rest.get("/v2/account").by(&ann).send().await.json();
    assert_eq!((account.get("email"), &account["devices"]), (None, &json!([{"id": device("ann")}])));
}

#[tokio::test]
async fn too_many_wrong_passwords_are_answered_with_429() {
    let rest = Rest::start_with(|config| config.login.failures_per_account = 2).await;
    let login = |password: &str| {
        let body = json!({"email": "ann@example.test", "password": password});
        rest.post(EMAIL).basic("defaultkey").json(body).send()
    };
    login("correct horse").await.player();
    for _ in 0..2 {
        login("wrong password").await.assert_refused(401, 16, "Invalid credentials.");
    }
    let refused = login("correct horse").await;
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!(8)), "{refused:?}");
}
