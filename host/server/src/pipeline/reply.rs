//! Answers to requests: the one place where they become envelopes, and where a refusal gets its realtime code.

use super::Client;
use crate::failure::Failure;
use crate::plugin::CallError;
use meadhall_core::chat::ChatError;
use meadhall_core::outbox::ReplySlot;
use meadhall_core::status::StatusError;
use meadhall_protocol::codec::encode_envelope;
use meadhall_protocol::error::{Code, RealtimeCode};
use meadhall_protocol::realtime::Envelope;
use meadhall_protocol::realtime::envelope::Message;
use std::borrow::Cow;

/// How a request ended.
pub(super) type Answer = Result<Reply, Refusal>;

/// An answer.
#[derive(Debug)]
pub(super) enum Reply {
    /// No answer at all.
    Nothing,
    /// It is done, and there is nothing to tell.
    Done,
    /// What was asked for.
    Message(Message),
    /// What was asked for, in a place that was taken before.
    InPlace(ReplySlot, Message),
}

/// A request that was refused or failed. The session goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    code: RealtimeCode,
    text: Cow<'static, str>,
}

impl Reply {
    /// What after-hooks see of it.
    pub(super) fn inner_json(&self) -> String {
        match self {
            Self::Nothing | Self::Done => "{}".into(),
            Self::Message(message) | Self::InPlace(_, message) => message.inner_json(),
        }
    }
}

impl Refusal {
    pub(super) fn new(code: RealtimeCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, text: text.into() }
    }

    /// What is wrong with the request.
    pub(super) fn bad_input(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(RealtimeCode::BadInput, text)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let code = match failure.code {
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented
            | Code::Unauthenticated => RealtimeCode::BadInput,
            Code::Cancelled
            | Code::Unknown
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss => RealtimeCode::RuntimeException,
        };
        Self::new(code, failure.message)
    }
}

impl From<ChatError> for Refusal {
    fn from(error: ChatError) -> Self {
        Failure::from(error).into()
    }
}

impl From<StatusError> for Refusal {
    fn from(error: StatusError) -> Self {
        Failure::from(error).into()
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        let code = match error {
            CallError::NotFound => RealtimeCode::RuntimeFunctionNotFound,
            // The function's own code has no place on a socket.
            CallError::Failed { .. } | CallError::Broken(_) => RealtimeCode::RuntimeFunctionException,
            CallError::Busy { .. } => RealtimeCode::RuntimeException,
        };
        Self::new(code, error.to_string())
    }
}

/// Puts an answer into the client's outbox.
pub(super) fn send(client: &Client, cid: String, answer: Answer) {
    let (slot, envelope) = match answer {
        Ok(Reply::Nothing) => return,
        Ok(Reply::Done) => (None, Envelope::done(cid)),
        Ok(Reply::Message(message)) => (None, Envelope::reply(cid, message)),
        Ok(Reply::InPlace(slot, message)) => (Some(slot), Envelope::reply(cid, message)),
        Err(refusal) => (None, Envelope::error(cid, refusal.code, refusal.text)),
    };
    let frame = encode_envelope(client.format, &envelope);
    match slot {
        Some(slot) => slot.fill(frame),
        None => client.session.outbox.reply(frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_did_wrong_is_bad_input() {
        let refusal = Refusal::from(Failure::new(Code::NotFound, "no such thing"));
        assert_eq!(refusal, Refusal::bad_input("no such thing"));
    }

    #[test]
    fn what_the_server_did_wrong_is_an_exception() {
        let refusal = Refusal::from(Failure::new(Code::Internal, "the store cannot write: disk full"));
        assert_eq!(refusal.code, RealtimeCode::RuntimeException);
    }

    #[test]
    fn a_functions_own_code_is_lost() {
        let refusal = Refusal::from(CallError::Failed { code: 5, message: "five".into() });
        assert_eq!(refusal, Refusal::new(RealtimeCode::RuntimeFunctionException, "five"));
    }
}
