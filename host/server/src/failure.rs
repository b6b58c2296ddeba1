//! Failures as clients and plugins see them: the one place where a core error becomes a code and a text.

use crate::plugin::{CallError, SwapError};
use meadhall_core::account::AccountError;
use meadhall_core::chat::ChatError;
use meadhall_core::events::QueueFull;
use meadhall_core::friend::FriendError;
use meadhall_core::group::GroupError;
use meadhall_core::history::ListError;
use meadhall_core::notification::NotificationError;
use meadhall_core::status::StatusError;
use meadhall_core::storage::StorageError;
use meadhall_core::store::StoreError;
use meadhall_core::tracker::JoinError;
use meadhall_protocol::error::Code;
use std::borrow::Cow;

/// A refused or failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The gRPC code; REST answers its HTTP status, a socket one of the realtime codes.
    pub code: Code,
    /// One sentence.
    pub message: Cow<'static, str>,
}

impl Failure {
    /// A failure with a code and a text.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Failed(_) | StoreError::Full { .. } | StoreError::Unreadable(_) => Code::Internal,
            StoreError::Closed => Code::Unavailable,
        };
        Self::new(code, error.to_string())
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::SessionClosed(_) => Self::new(Code::NotFound, error.to_string()),
        }
    }
}

impl From<QueueFull> for Failure {
    fn from(error: QueueFull) -> Self {
        Self::new(Code::ResourceExhausted, error.to_string())
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        match error {
            ListError::InvalidCursor
            | ListError::TwoBeginnings
            | ListError::ChannelNotFound
            | ListError::GroupNotFound => Self::new(Code::InvalidArgument, error.to_string()),
            ListError::MessageNotFound(_) => Self::new(Code::NotFound, error.to_string()),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            error => Self::new(Code::from_number(error.code()).unwrap_or(Code::Internal), error.to_string()),
        }
    }
}

impl From<GroupError> for Failure {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Store(error) => error.into(),
            error => Self::new(Code::from_number(error.code()).unwrap_or(Code::Internal), error.to_string()),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotFound => Self::new(Code::NotFound, error.to_string()),
            // What is no code of the wire, 0 included, is an ordinary error.
            CallError::Failed { code, message } => {
                Self::new(Code::from_number(code).unwrap_or(Code::Internal), message)
            }
            CallError::Broken(text) => Self::new(Code::Internal, text),
            CallError::Busy { .. } => Self::new(Code::ResourceExhausted, error.to_string()),
        }
    }
}

impl From<SwapError> for Failure {
    fn from(error: SwapError) -> Self {
        let code = match error {
            SwapError::NotFound(_) => Code::NotFound,
            SwapError::Refused(_) => Code::FailedPrecondition,
            SwapError::Busy => Code::ResourceExhausted,
            SwapError::Stopping => Code::Unavailable,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ChatError> for Failure {
    fn from(error: ChatError) -> Self {
        let code = match error {
            ChatError::Store(error) => return error.into(),
            ChatError::Join(error) => return error.into(),
            ChatError::MessageNotFound(_) => Code::NotFound,
            ChatError::NotJoined(_) => Code::FailedPrecondition,
            ChatError::InvalidRoomName(_)
            | ChatError::ControlCharacters
            | ChatError::UserNotFound
            | ChatError::ChatWithOneself
            | ChatError::GroupNotFound
            | ChatError::InvalidContent => Code::InvalidArgument,
        };
        Self::new(code, error.to_string())
    }
}

impl From<FriendError> for Failure {
    fn from(error: FriendError) -> Self {
        let code = match error {
            FriendError::Store(error) => return error.into(),
            FriendError::AccountNotFound => Code::NotFound,
            FriendError::AddSelf
            | FriendError::DeleteSelf
            | FriendError::BlockSelf
            | FriendError::InvalidUserId(_)
            | FriendError::EmptyUsername
            | FriendError::NoTarget
            | FriendError::InvalidMetadata
            | FriendError::MetadataTooLong(_)
            | FriendError::InvalidCursor => Code::InvalidArgument,
        };
        Self::new(code, error.to_string())
    }
}

impl From<NotificationError> for Failure {
    fn from(error: NotificationError) -> Self {
        let code = match error {
            NotificationError::Store(error) => return error.into(),
            NotificationError::UnknownUser(_) => Code::NotFound,
            NotificationError::InvalidCursor
            | NotificationError::InvalidLimit
            | NotificationError::EmptySubject
            | NotificationError::SubjectTooLong(_)
            | NotificationError::InvalidContent
            | NotificationError::ContentTooLong(_)
            | NotificationError::InvalidCode(_) => Code::InvalidArgument,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StatusError> for Failure {
    fn from(error: StatusError) -> Self {
        let code = match error {
            StatusError::Store(error) => return error.into(),
            StatusError::Join(error) => return error.into(),
            StatusError::TooLong => Code::InvalidArgument,
            StatusError::TooMany(_) => Code::FailedPrecondition,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        let code = match error {
            StorageError::Store(error) => return error.into(),
            StorageError::VersionMismatch { .. } => Code::FailedPrecondition,
            // What is left, and whatever core adds, is about what was asked for.
            _ => Code::InvalidArgument,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_plugins_keep_the_codes_of_the_wire() {
        let failed = |code| Failure::from(CallError::Failed { code, message: "no".into() });
        for (given, expected) in
            [(0, Code::Internal), (1, Code::Cancelled), (16, Code::Unauthenticated), (99, Code::Internal)]
        {
            assert_eq!(failed(given), Failure::new(expected, "no"), "{given}");
        }
        assert_eq!(Failure::from(CallError::NotFound), Failure::new(Code::NotFound, "RPC function not found"));
        let busy = CallError::Busy { plugin: "slow".into(), waited_ms: 1000 };
        assert_eq!(Failure::from(busy).code, Code::ResourceExhausted);
    }

    #[test]
    fn a_failed_disk_is_an_inner_failure_wherever_it_shows() {
        let disk = || StoreError::Failed("no space".into());
        let expected = Failure::new(Code::Internal, disk().to_string());
        assert_eq!(Failure::from(AccountError::from(disk())), expected);
        assert_eq!(Failure::from(ChatError::from(disk())), expected);
        assert_eq!(Failure::from(ListError::from(disk())), expected);
        assert_eq!(Failure::from(FriendError::from(disk())), expected);
        assert_eq!(Failure::from(NotificationError::from(disk())), expected);
        assert_eq!(Failure::from(GroupError::from(disk())), expected);
        assert_eq!(Failure::from(StatusError::from(disk())), expected);
        assert_eq!(Failure::from(StorageError::from(disk())), expected);
        assert_eq!(Failure::from(StoreError::Closed).code, Code::Unavailable);
    }

    #[test]
    fn what_is_too_much_at_once_is_said_so() {
        assert_eq!(Failure::from(AccountError::LockedOut).code, Code::ResourceExhausted);
        assert_eq!(Failure::from(QueueFull { size: 1 }).code, Code::ResourceExhausted);
    }
}
