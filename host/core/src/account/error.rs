//! Why account operations are refused: a variant for each text of the wire.

use crate::password::{Busy, LockedOut};
use crate::store::StoreError;

/// Why an account operation is refused. Texts with a capital letter are the wire's own, word for word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is no such account. (Where it is not about a login, the wire says `Account not found.`)
    #[error("User account not found.")]
    NotFound,
    /// Of another account.
    #[error("Username is already in use.")]
    UsernameTaken,
    /// Of another account.
    #[error("Device ID is already in use.")]
    DeviceTaken,
    /// Of another account.
    #[error("Email is already in use.")]
    EmailTaken,
    /// Of another account.
    #[error("Custom ID is already in use.")]
    CustomIdTaken,
    /// No device id was given.
    #[error("Device ID is required.")]
    DeviceRequired,
    /// The device id has a blank or a control character.
    #[error("Device ID invalid, no spaces or control characters allowed.")]
    DeviceCharacters,
    /// The device id is too short or too long.
    #[error("Device ID invalid, must be 10-128 bytes.")]
    DeviceLength,
    /// No custom id was given.
    #[error("Custom ID is required.")]
    CustomIdRequired,
    /// The custom id has a blank or a control character.
    #[error("Custom ID invalid, no spaces or control characters allowed.")]
    CustomIdCharacters,
    /// The custom id is too short or too long.
    #[error("Custom ID invalid, must be 6-128 bytes.")]
    CustomIdLength,
    /// Linking an email without one or without a password.
    #[error("Email address and password is required.")]
    EmailAndPasswordRequired,
    /// The email has a blank or a control character.
    #[error("Invalid email address, no spaces or control characters allowed.")]
    EmailCharacters,
    /// The email has not the form of one.
    #[error("Invalid email address format.")]
    EmailFormat,
    /// The email is too short or too long.
    #[error("Invalid email address, must be 10-255 bytes.")]
    EmailLength,
    /// The password is too short.
    #[error("Password must be at least 8 characters long.")]
    PasswordTooShort,
    /// The password is too long to be hashed for everybody who asks.
    #[error("password is {0} bytes, the limit is 4096")]
    PasswordTooLong(usize),
    /// A login by password with neither email nor username.
    #[error("Username is required when email address is not supplied.")]
    UsernameRequired,
    /// The username has a control character.
    #[error("Username invalid, no spaces or control characters allowed.")]
    UsernameCharacters,
    /// The username is empty or too long.
    #[error("Username invalid, must be 1-128 bytes.")]
    UsernameLength,
    /// The password is wrong.
    #[error("Invalid credentials.")]
    InvalidCredentials,
    /// The account is disabled.
    #[error("User account banned.")]
    Banned,
    /// The credential is not linked, or is the only one.
    #[error("Cannot unlink last account identifier. Check profile exists and is not last link.")]
    LastCredential,
    /// An update that changes nothing.
    #[error("No fields to update.")]
    NothingToUpdate,
    /// A field of an update is too long.
    #[error("{field} is {length} characters, the limit is {limit}")]
    FieldTooLong {
        /// The name of the field on the wire.
        field: &'static str,
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The metadata is not what it must be.
    #[error("metadata must be a JSON object")]
    InvalidMetadata,
    /// Too many attempts have failed, for this account or from this address.
    #[error("too many failed logins, try again later")]
    LockedOut,
    /// Too many passwords wait to be checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The disk fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountError {
    /// The code that the public API gives with it: a gRPC status code.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NotFound => 5,
            Self::UsernameTaken | Self::DeviceTaken | Self::EmailTaken | Self::CustomIdTaken => 6,
            Self::Banned | Self::LastCredential => 7,
            Self::LockedOut | Self::Busy(_) => 8,
            Self::Store(_) => 13,
            Self::InvalidCredentials => 16,
            Self::DeviceRequired
            | Self::DeviceCharacters
            | Self::DeviceLength
            | Self::CustomIdRequired
            | Self::CustomIdCharacters
            | Self::CustomIdLength
            | Self::EmailAndPasswordRequired
            | Self::EmailCharacters
            | Self::EmailFormat
            | Self::EmailLength
            | Self::PasswordTooShort
            | Self::PasswordTooLong(_)
            | Self::UsernameRequired
            | Self::UsernameCharacters
            | Self::UsernameLength
            | Self::NothingToUpdate
            | Self::FieldTooLong { .. }
            | Self::InvalidMetadata => 3,
        }
    }
}

impl From<LockedOut> for AccountError {
    fn from(_: LockedOut) -> Self {
        Self::LockedOut
    }
}
