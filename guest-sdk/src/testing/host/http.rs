//! Requests to servers elsewhere: the test says what they answer.

use crate::Result;
use crate::bindings::meadhall::plugin::http::{Request, Response};
use crate::testing::state::with;

pub fn send(request: &Request) -> Result<Response> {
    let answer = with(|state| {
        state.requests.push(request.clone());
        let fits = |answer: &crate::testing::state::Answer| {
            answer.method.eq_ignore_ascii_case(&request.method) && answer.url == request.url
        };
        let place = state.answers.iter().position(fits)?;
        Some(state.answers.remove(place).response)
    });
    answer.unwrap_or_else(|| {
        panic!("the test has no answer for {} {}: give one with `World::answer`", request.method, request.url)
    })
}
