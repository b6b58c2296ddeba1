//! Error codes, in REST bodies and in realtime errors: compatibility data. The texts are in [`crate::texts`].

/// The gRPC codes, as REST bodies carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Code {
    /// The caller went away.
    Cancelled = 1,
    /// Nothing better is known.
    Unknown = 2,
    /// The request itself is wrong, whatever the state.
    InvalidArgument = 3,
    /// It took too long.
    DeadlineExceeded = 4,
    /// What the request names is not there.
    NotFound = 5,
    /// What the request would make is there already.
    AlreadyExists = 6,
    /// The caller is known, and may not.
    PermissionDenied = 7,
    /// Too much at once, or too often.
    ResourceExhausted = 8,
    /// The state does not allow the request now.
    FailedPrecondition = 9,
    /// Another request was faster.
    Aborted = 10,
    /// A value beyond its range.
    OutOfRange = 11,
    /// Not built, or not for this method.
    Unimplemented = 12,
    /// The server failed.
    Internal = 13,
    /// The server is not there to answer now.
    Unavailable = 14,
    /// Stored data is lost or broken.
    DataLoss = 15,
    /// The caller is not known.
    Unauthenticated = 16,
}

impl Code {
    /// All codes, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The number on the wire.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The HTTP status that goes with it, by grpc-gateway's table (WIRE.md (g)).
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InvalidArgument | Self::FailedPrecondition | Self::OutOfRange => 400,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::Aborted => 409,
            Self::ResourceExhausted => 429,
            Self::Cancelled => 499,
            Self::Unknown | Self::Internal | Self::DataLoss => 500,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }

    /// The code of a number, where there is one.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }
}

/// The codes of a realtime `error`, as `Error.code` carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum RealtimeCode {
    /// The server failed, or refuses for a reason of its own. In JSON its field is absent.
    RuntimeException = 0,
    /// The envelope's message is not one that clients send. The socket is closed after it.
    UnrecognizedPayload = 1,
    /// The envelope has no message. The socket is closed after it.
    MissingPayload = 2,
    /// The message is wrong, or not allowed now.
    BadInput = 3,
    /// The match is not there.
    MatchNotFound = 4,
    /// The match refused the one who wanted to join.
    MatchJoinRejected = 5,
    /// No plugin has a function of that id.
    RuntimeFunctionNotFound = 6,
    /// A plugin's function failed; its own code is lost here.
    RuntimeFunctionException = 7,
}

impl RealtimeCode {
    /// The number on the wire.
    pub const fn number(self) -> i32 {
        self as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::error::Code as WireCode;

    #[test]
    fn each_code_has_the_status_of_the_gateway() {
        let statuses = [499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];
        for (number, status) in (1..).zip(statuses) {
            let code = Code::from_number(number).unwrap();
            assert_eq!((code.number(), code.http_status()), (number, status), "{code:?}");
        }
        assert_eq!(Code::from_number(0), None);
        assert_eq!(Code::from_number(17), None);
    }

    #[test]
    fn realtime_codes_are_those_of_the_wire() {
        for (code, wire) in [
            (RealtimeCode::RuntimeException, WireCode::RuntimeException),
            (RealtimeCode::UnrecognizedPayload, WireCode::UnrecognizedPayload),
            (RealtimeCode::MissingPayload, WireCode::MissingPayload),
            (RealtimeCode::BadInput, WireCode::BadInput),
            (RealtimeCode::MatchNotFound, WireCode::MatchNotFound),
            (RealtimeCode::MatchJoinRejected, WireCode::MatchJoinRejected),
            (RealtimeCode::RuntimeFunctionNotFound, WireCode::RuntimeFunctionNotFound),
            (RealtimeCode::RuntimeFunctionException, WireCode::RuntimeFunctionException),
        ] {
            assert_eq!(code.number(), wire as i32);
        }
    }
}
