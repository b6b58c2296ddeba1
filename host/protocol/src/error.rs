//! Error codes and the texts that clients know: compatibility data, word for word.

/// The gRPC codes, as REST bodies carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Code {
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

impl Code {
    /// The HTTP status that goes with it.
    pub fn http_status(self) -> u16 { todo!() }
    /// The code of a number, where there is one.
    pub fn from_number(_number: u32) -> Option<Self> { todo!() }
}
