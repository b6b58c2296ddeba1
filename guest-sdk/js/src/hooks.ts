// The messages that hooks can stand before and after.

import type {
  Account, AccountCustom, AccountDevice, AccountEmail, AuthenticateCustomRequest, AuthenticateDeviceRequest,
  AuthenticateEmailRequest, EventRequest, GetUsersRequest, Session, SessionLogoutRequest, SessionRefreshRequest,
  UpdateAccountRequest, Users,
} from "./messages/account.js";
import type {
  Channel, ChannelJoin, ChannelLeave, ChannelMessageAck, ChannelMessageList, ChannelMessageRemove,
  ChannelMessageSend, ChannelMessageUpdate, GetReadMarkerRequest, ListChannelMessagesRequest, ListReadMarkersRequest,
  ReadMarker, ReadMarkerList, UpdateReadMarkerRequest,
} from "./messages/channel.js";
import type {
  AddFriendsRequest, BlockFriendsRequest, DeleteFriendsRequest, FriendList, FriendsOfFriendsList,
  ListFriendsOfFriendsRequest, ListFriendsRequest,
} from "./messages/friend.js";
import type {
  AddGroupUsersRequest, BanGroupUsersRequest, CreateGroupRequest, DeleteGroupRequest, DemoteGroupUsersRequest, Group,
  GroupList, GroupUserList, JoinGroupRequest, KickGroupUsersRequest, LeaveGroupRequest, ListGroupUsersRequest,
  ListGroupsRequest, ListUserGroupsRequest, PromoteGroupUsersRequest, UpdateGroupRequest, UserGroupList,
} from "./messages/group.js";
import type {
  DeleteNotificationsRequest, ListNotificationsRequest, NotificationList,
} from "./messages/notification.js";
import type { Status, StatusFollow, StatusUnfollow, StatusUpdate } from "./messages/status.js";

/** What the client sends and what it gets. */
export interface Message<Request, Reply> {
  request: Request;
  reply: Reply;
}

/** The empty message: a request or reply that says nothing. */
export type Nothing = Record<string, never>;

/** Every message that has hooks, by its public name. */
export interface Hooks {
  /** Logging in by device. */
  AuthenticateDevice: Message<AuthenticateDeviceRequest, Session>;
  /** Logging in by email. */
  AuthenticateEmail: Message<AuthenticateEmailRequest, Session>;
  /** Logging in by custom id. */
  AuthenticateCustom: Message<AuthenticateCustomRequest, Session>;
  /** Adding a device to an account. */
  LinkDevice: Message<AccountDevice, Nothing>;
  /** Adding an email to an account. */
  LinkEmail: Message<AccountEmail, Nothing>;
  /** Adding a custom id to an account. */
  LinkCustom: Message<AccountCustom, Nothing>;
  /** Taking a device off an account. */
  UnlinkDevice: Message<AccountDevice, Nothing>;
  /** Taking the email off an account. */
  UnlinkEmail: Message<AccountEmail, Nothing>;
  /** Taking the custom id off an account. */
  UnlinkCustom: Message<AccountCustom, Nothing>;
  /** Getting new tokens. */
  SessionRefresh: Message<SessionRefreshRequest, Session>;
  /** Ending tokens. */
  SessionLogout: Message<SessionLogoutRequest, Nothing>;
  /** Reading one's account. */
  GetAccount: Message<Nothing, Account>;
  /** Changing one's account. */
  UpdateAccount: Message<UpdateAccountRequest, Nothing>;
  /** Deleting one's account. */
  DeleteAccount: Message<Nothing, Nothing>;
  /** Reading users. */
  GetUsers: Message<GetUsersRequest, Users>;
  /** Sending an event; its handlers get it as `PluginEvent`. */
  Event: Message<EventRequest, Nothing>;
  /** Reading a channel's history. */
  ListChannelMessages: Message<ListChannelMessagesRequest, ChannelMessageList>;
  /** Making a group. */
  CreateGroup: Message<CreateGroupRequest, Group>;
  /** Changing a group. */
  UpdateGroup: Message<UpdateGroupRequest, Nothing>;
  /** Deleting a group. */
  DeleteGroup: Message<DeleteGroupRequest, Nothing>;
  /** Joining a group, or asking to. */
  JoinGroup: Message<JoinGroupRequest, Nothing>;
  /** Leaving a group. */
  LeaveGroup: Message<LeaveGroupRequest, Nothing>;
  /** Adding users to a group. */
  AddGroupUsers: Message<AddGroupUsersRequest, Nothing>;
  /** Taking users out of a group. */
  KickGroupUsers: Message<KickGroupUsersRequest, Nothing>;
  /** Taking users out of a group for good. */
  BanGroupUsers: Message<BanGroupUsersRequest, Nothing>;
  /** Raising users of a group. */
  PromoteGroupUsers: Message<PromoteGroupUsersRequest, Nothing>;
  /** Lowering users of a group. */
  DemoteGroupUsers: Message<DemoteGroupUsersRequest, Nothing>;
  /** Reading groups. */
  ListGroups: Message<ListGroupsRequest, GroupList>;
  /** Reading the users of a group. */
  ListGroupUsers: Message<ListGroupUsersRequest, GroupUserList>;
  /** Reading the groups of a user. */
  ListUserGroups: Message<ListUserGroupsRequest, UserGroupList>;
  /** Asking how far one has read a channel. */
  GetReadMarker: Message<GetReadMarkerRequest, ReadMarker>;
  /** Saying how far one has read a channel. */
  UpdateReadMarker: Message<UpdateReadMarkerRequest, ReadMarker>;
  /** Reading one's read markers. */
  ListReadMarkers: Message<ListReadMarkersRequest, ReadMarkerList>;
  /** Asking users to be friends, or accepting those who have asked. */
  AddFriends: Message<AddFriendsRequest, Nothing>;
  /** Blocking users. */
  BlockFriends: Message<BlockFriendsRequest, Nothing>;
  /** Ending friendships, invitations and blocks. */
  DeleteFriends: Message<DeleteFriendsRequest, Nothing>;
  /** Reading one's edges. */
  ListFriends: Message<ListFriendsRequest, FriendList>;
  /** Reading the friends of one's friends. */
  ListFriendsOfFriends: Message<ListFriendsOfFriendsRequest, FriendsOfFriendsList>;
  /** Reading one's notifications. */
  ListNotifications: Message<ListNotificationsRequest, NotificationList>;
  /** Deleting notifications of one's own. */
  DeleteNotifications: Message<DeleteNotificationsRequest, Nothing>;
  /** Joining a channel. */
  ChannelJoin: Message<ChannelJoin, Channel>;
  /** Leaving a channel. */
  ChannelLeave: Message<ChannelLeave, Nothing>;
  /** Sending a message. */
  ChannelMessageSend: Message<ChannelMessageSend, ChannelMessageAck>;
  /** Changing a message. */
  ChannelMessageUpdate: Message<ChannelMessageUpdate, ChannelMessageAck>;
  /** Removing a message. */
  ChannelMessageRemove: Message<ChannelMessageRemove, ChannelMessageAck>;
  /** Wanting to be told of the statuses of users. */
  StatusFollow: Message<StatusFollow, Status>;
  /** Wanting it no more. */
  StatusUnfollow: Message<StatusUnfollow, Nothing>;
  /** Showing a status. */
  StatusUpdate: Message<StatusUpdate, Nothing>;
}
