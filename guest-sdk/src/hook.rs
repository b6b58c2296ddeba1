//! The messages that hooks can stand before and after.

use crate::Event;
use crate::message::*;

/// What becomes of a request, as a function with `#[before(…)]` decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before<T> {
    /// It goes on as it is.
    Keep,
    /// It goes on as this instead.
    Replace(T),
    /// It ends here, as if the feature did not exist; on a socket the session is closed. To refuse with a reason,
    /// return an error instead.
    Drop,
}

/// A message that hooks can stand before and after: `#[before(UpdateAccount)]`, `#[after(ChannelJoin)]`.
///
/// A realtime message is its own marker. A message of the REST API has a marker of its name, and its request a type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message with hooks",
    label = "name a message of the client API, such as `UpdateAccount` or `ChannelMessageSend`"
)]
pub trait Hook {
    /// The message's public name.
    const NAME: &'static str;
    /// What the client sends.
    type Request: Message;
    /// What the client gets.
    type Reply: Message;
}

/// A message of the public API, as JSON.
pub trait Message: Sized {
    /// Reads one.
    ///
    /// # Errors
    /// What serde found wrong.
    fn from_json(json: &str) -> serde_json::Result<Self>;

    /// Writes one.
    ///
    /// # Errors
    /// What serde could not write.
    fn to_json(&self) -> serde_json::Result<String>;
}

/// The empty message: requests and replies that say nothing.
impl Message for () {
    fn from_json(_: &str) -> serde_json::Result<Self> {
        Ok(())
    }

    fn to_json(&self) -> serde_json::Result<String> {
        Ok("{}".to_owned())
    }
}

/// A type that is the request of the hook `H`: [`Hook::Request`], with an error that says so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the request of `{H}`",
    label = "the documentation of `{H}` names its request"
)]
pub trait RequestOf<H: Hook>: Message {}

/// A type that is the reply to the hook `H`: [`Hook::Reply`], with an error that says so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the reply of `{H}`",
    label = "the documentation of `{H}` names its reply"
)]
pub trait ReplyOf<H: Hook>: Message {}

/// Markers of messages of the REST API.
macro_rules! markers {
    ($($(#[$doc:meta])* $marker:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $marker {}
    )* };
}

/// Which request and reply each message has. The first word is the marker and the public name.
macro_rules! hooks {
    ($($marker:ident: $request:ty => $reply:ty;)*) => {
        $(
            impl Hook for $marker {
                const NAME: &'static str = stringify!($marker);
                type Request = $request;
                type Reply = $reply;
            }
            impl RequestOf<$marker> for $request {}
            impl ReplyOf<$marker> for $reply {}
        )*

        /// The names of all messages that this SDK has a type for.
        pub const NAMES: &[&str] = &[$(<$marker as Hook>::NAME),*];
    };
}

markers! {
    /// Logging in by device: [`AuthenticateDeviceRequest`] → [`Session`].
    AuthenticateDevice;
    /// Logging in by email: [`AuthenticateEmailRequest`] → [`Session`].
    AuthenticateEmail;
    /// Logging in by custom id: [`AuthenticateCustomRequest`] → [`Session`].
    AuthenticateCustom;
    /// Adding a device to an account: [`AccountDevice`] → `()`.
    LinkDevice;
    /// Adding an email to an account: [`AccountEmail`] → `()`.
    LinkEmail;
    /// Adding a custom id to an account: [`AccountCustom`] → `()`.
    LinkCustom;
    /// Taking a device off an account: [`AccountDevice`] → `()`.
    UnlinkDevice;
    /// Taking the email off an account: [`AccountEmail`] → `()`.
    UnlinkEmail;
    /// Taking the custom id off an account: [`AccountCustom`] → `()`.
    UnlinkCustom;
    /// Getting new tokens: [`SessionRefreshRequest`] → [`Session`].
    SessionRefresh;
    /// Ending tokens: [`SessionLogoutRequest`] → `()`.
    SessionLogout;
    /// Reading one's account: `()` → [`Account`].
    GetAccount;
    /// Changing one's account: [`UpdateAccountRequest`] → `()`.
    UpdateAccount;
    /// Deleting one's account: `()` → `()`.
    DeleteAccount;
    /// Reading users: [`GetUsersRequest`] → [`Users`].
    GetUsers;
    /// Reading a channel's history: [`ListChannelMessagesRequest`] → [`ChannelMessageList`].
    ListChannelMessages;
    /// Making a group: [`CreateGroupRequest`] → [`Group`].
    CreateGroup;
    /// Changing a group: [`UpdateGroupRequest`] → `()`.
    UpdateGroup;
    /// Deleting a group: [`DeleteGroupRequest`] → `()`.
    DeleteGroup;
    /// Joining a group, or asking to: [`JoinGroupRequest`] → `()`.
    JoinGroup;
    /// Leaving a group: [`LeaveGroupRequest`] → `()`.
    LeaveGroup;
    /// Adding users to a group: [`AddGroupUsersRequest`] → `()`.
    AddGroupUsers;
    /// Taking users out of a group: [`KickGroupUsersRequest`] → `()`.
    KickGroupUsers;
    /// Taking users out of a group for good: [`BanGroupUsersRequest`] → `()`.
    BanGroupUsers;
    /// Raising users of a group: [`PromoteGroupUsersRequest`] → `()`.
    PromoteGroupUsers;
    /// Lowering users of a group: [`DemoteGroupUsersRequest`] → `()`.
    DemoteGroupUsers;
    /// Reading groups: [`ListGroupsRequest`] → [`GroupList`].
    ListGroups;
    /// Reading the users of a group: [`ListGroupUsersRequest`] → [`GroupUserList`].
    ListGroupUsers;
    /// Reading the groups of a user: [`ListUserGroupsRequest`] → [`UserGroupList`].
    ListUserGroups;
    /// Asking how far one has read a channel: [`GetReadMarkerRequest`] → [`ReadMarker`].
    GetReadMarker;
    /// Saying how far one has read a channel: [`UpdateReadMarkerRequest`] → [`ReadMarker`].
    UpdateReadMarker;
    /// Reading one's read markers: [`ListReadMarkersRequest`] → [`ReadMarkerList`].
    ListReadMarkers;
    /// Asking users to be friends, or accepting those who have asked: [`AddFriendsRequest`] → `()`.
    AddFriends;
    /// Blocking users: [`BlockFriendsRequest`] → `()`.
    BlockFriends;
    /// Ending friendships, invitations and blocks: [`DeleteFriendsRequest`] → `()`.
    DeleteFriends;
    /// Reading one's edges: [`ListFriendsRequest`] → [`FriendList`].
    ListFriends;
    /// Reading the friends of one's friends: [`ListFriendsOfFriendsRequest`] → [`FriendsOfFriendsList`].
    ListFriendsOfFriends;
    /// Reading one's notifications: [`ListNotificationsRequest`] → [`NotificationList`].
    ListNotifications;
    /// Deleting notifications of one's own: [`DeleteNotificationsRequest`] → `()`.
    DeleteNotifications;
}

hooks! {
    AuthenticateDevice: AuthenticateDeviceRequest => Session;
    AuthenticateEmail: AuthenticateEmailRequest => Session;
    AuthenticateCustom: AuthenticateCustomRequest => Session;
    LinkDevice: AccountDevice => ();
    LinkEmail: AccountEmail => ();
    LinkCustom: AccountCustom => ();
    UnlinkDevice: AccountDevice => ();
    UnlinkEmail: AccountEmail => ();
    UnlinkCustom: AccountCustom => ();
    SessionRefresh: SessionRefreshRequest => Session;
    SessionLogout: SessionLogoutRequest => ();
    GetAccount: () => Account;
    UpdateAccount: UpdateAccountRequest => ();
    DeleteAccount: () => ();
    GetUsers: GetUsersRequest => Users;
    Event: EventRequest => ();
    ListChannelMessages: ListChannelMessagesRequest => ChannelMessageList;
    CreateGroup: CreateGroupRequest => Group;
    UpdateGroup: UpdateGroupRequest => ();
    DeleteGroup: DeleteGroupRequest => ();
    JoinGroup: JoinGroupRequest => ();
    LeaveGroup: LeaveGroupRequest => ();
    AddGroupUsers: AddGroupUsersRequest => ();
    KickGroupUsers: KickGroupUsersRequest => ();
    BanGroupUsers: BanGroupUsersRequest => ();
    PromoteGroupUsers: PromoteGroupUsersRequest => ();
    DemoteGroupUsers: DemoteGroupUsersRequest => ();
    ListGroups: ListGroupsRequest => GroupList;
    ListGroupUsers: ListGroupUsersRequest => GroupUserList;
    ListUserGroups: ListUserGroupsRequest => UserGroupList;
    GetReadMarker: GetReadMarkerRequest => ReadMarker;
    UpdateReadMarker: UpdateReadMarkerRequest => ReadMarker;
    ListReadMarkers: ListReadMarkersRequest => ReadMarkerList;
    AddFriends: AddFriendsRequest => ();
    BlockFriends: BlockFriendsRequest => ();
    DeleteFriends: DeleteFriendsRequest => ();
    ListFriends: ListFriendsRequest => FriendList;
    ListFriendsOfFriends: ListFriendsOfFriendsRequest => FriendsOfFriendsList;
    ListNotifications: ListNotificationsRequest => NotificationList;
    DeleteNotifications: DeleteNotificationsRequest => ();
    ChannelJoin: ChannelJoin => Channel;
    ChannelLeave: ChannelLeave => ();
    ChannelMessageSend: ChannelMessageSend => ChannelMessageAck;
    ChannelMessageUpdate: ChannelMessageUpdate => ChannelMessageAck;
    ChannelMessageRemove: ChannelMessageRemove => ChannelMessageAck;
    StatusFollow: StatusFollow => Status;
    StatusUnfollow: StatusUnfollow => ();
    StatusUpdate: StatusUpdate => ();
}
