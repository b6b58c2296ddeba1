//! Adding and taking away ways to log in.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use super::reply::Empty;
use crate::failure::Failure;
use meadhall_core::account::Credential;
use meadhall_protocol::api;

/// `POST /v2/account/link/device`
pub(super) struct LinkDevice;
/// `POST /v2/account/link/email`
pub(super) struct LinkEmail;
/// `POST /v2/account/link/custom`
pub(super) struct LinkCustom;
/// `POST /v2/account/unlink/device`
pub(super) struct UnlinkDevice;
/// `POST /v2/account/unlink/email`
pub(super) struct UnlinkEmail;
/// `POST /v2/account/unlink/custom`
pub(super) struct UnlinkCustom;

/// The six differ in one message and one verb only.
macro_rules! link_endpoint {
    ($endpoint:ident, $message:ident, $verb:ident) => {
        impl Endpoint for $endpoint {
            const NAME: &'static str = stringify!($endpoint);
            const AUTH: Auth = Auth::Session;
            type Request = api::$message;
            type Reply = Empty;

            fn decode(input: &Input) -> Result<Self::Request, Failure> {
                input.body()
            }

            async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
                call.app.core.accounts.$verb(call.user()?.id, credential(request)).await?;
                Ok(Empty {})
            }
        }
    };
}

link_endpoint!(LinkDevice, AccountDevice, link);
link_endpoint!(LinkEmail, AccountEmail, link);
link_endpoint!(LinkCustom, AccountCustom, link);
link_endpoint!(UnlinkDevice, AccountDevice, unlink);
link_endpoint!(UnlinkEmail, AccountEmail, unlink);
link_endpoint!(UnlinkCustom, AccountCustom, unlink);

fn credential(message: impl Into<Linked>) -> Credential {
    message.into().0
}

/// A credential out of one of the three messages.
struct Linked(Credential);

impl From<api::AccountDevice> for Linked {
    fn from(account: api::AccountDevice) -> Self {
        Self(Credential::Device(account.id))
    }
}

impl From<api::AccountEmail> for Linked {
    fn from(account: api::AccountEmail) -> Self {
        Self(Credential::Email { email: account.email, password: account.password })
    }
}

impl From<api::AccountCustom> for Linked {
    fn from(account: api::AccountCustom) -> Self {
        Self(Credential::Custom(account.id))
    }
}
