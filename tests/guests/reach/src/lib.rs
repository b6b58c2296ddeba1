//! Reaches for what a plugin has to be granted: servers elsewhere, environment variables, files. Written with the SDK, and
//! once more in JavaScript and in Python (`reach-js`, `reach-python`).

use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    timeout_ms: Option<u64>,
}

#[derive(Serialize)]
struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

#[plugin(needs(http("127.0.0.1"), url("endpoint"), environment("PATH"), folder("words"), setting("greeting")))]
mod reach {
    #[rpc("reach.send")]
    fn send(_ctx: &Context, Json(request): Json<Request>) -> Result<Json<Response>> {
        let mut sent = http::Request::new(&request.method, &request.url).body(request.body);
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        if let Some(timeout) = request.timeout_ms {
            sent = sent.timeout(Duration::from_millis(timeout));
        }
        let response = sent.send()?;
        let body = response.text()?.to_owned();
        Ok(Json(Response { status: response.status, headers: response.headers.into_iter().collect(), body }))
    }

    #[rpc("reach.environment")]
    fn environment(ctx: &Context, name: String) -> Result<Json<Option<String>>> {
        Ok(Json(ctx.environment(&name).map(str::to_owned)))
    }

    #[rpc("reach.read")]
    fn read(_ctx: &Context, path: String) -> Result<String> {
        file::read_text(&path)
    }

    #[rpc("reach.list")]
    fn list(_ctx: &Context, path: String) -> Result<Json<Vec<String>>> {
        file::list(&path).map(Json)
    }
}
