// What the SDK can ask for and the server does not have yet, with arguments that are otherwise right: it must say so.
// An operation moves from here to operations.mjs when its feature is built.

const ID = "0194f8a0-0000-4000-8000-000000000000";
const PRESENCE = { user_id: ID, session_id: ID, username: "" };

/** Arguments after the session. */
export const rest = {
  deleteStorageObjects: [{ object_ids: [{ collection: "c", key: "k" }] }],
  deleteTournamentRecord: ["t"],
  getSubscription: ["p"],
  importFacebookFriends: [{ token: "t" }],
  importSteamFriends: [{ token: "t" }, false],
  joinTournament: ["t"],
  linkApple: [{ token: "t" }],
  linkFacebook: [{ token: "t" }],
  linkFacebookInstantGame: [{ signed_player_info: "t" }],
  linkGameCenter: [{ player_id: "t" }],
  linkGoogle: [{ token: "t" }],
  linkSteam: [{ account: { token: "t" } }],
  listLeaderboardRecords: ["l"],
  listLeaderboardRecordsAroundOwner: ["l", ID],
  listMatches: [],
  listStorageObjects: ["c"],
  listSubscriptions: [],
  listTournamentRecords: ["t"],
  listTournamentRecordsAroundOwner: ["t", ID],
  listTournaments: [],
  readStorageObjects: [{ object_ids: [{ collection: "c", key: "k" }] }],
  unlinkApple: [{ token: "t" }],
  unlinkFacebook: [{ token: "t" }],
  unlinkFacebookInstantGame: [{ signed_player_info: "t" }],
  unlinkGameCenter: [{ player_id: "t" }],
  unlinkGoogle: [{ token: "t" }],
  unlinkSteam: [{ token: "t" }],
  validatePurchaseApple: ["r"],
  validatePurchaseFacebookInstant: ["r"],
  validatePurchaseGoogle: ["r"],
  validatePurchaseHuawei: ["r", "s"],
  validateSubscriptionApple: ["r"],
  validateSubscriptionGoogle: ["r"],
  writeLeaderboardRecord: ["l", { score: "1" }],
  writeStorageObjects: [[{ collection: "c", key: "k", value: {} }]],
  writeTournamentRecord: ["t", { score: "1" }],
};

/** All arguments: these log in. */
export const logins = {
  authenticateApple: ["t", true],
  authenticateFacebook: ["t", true],
  authenticateFacebookInstantGame: ["t", true],
  authenticateGameCenter: ["b", "p", "k", "s", "t", "1", "u"],
  authenticateGoogle: ["t", true],
  authenticateSteam: ["t", true],
};

/** All arguments. */
export const realtime = {
  acceptPartyMember: [ID, PRESENCE],
  addMatchmaker: ["*", 2, 2],
  addMatchmakerParty: [ID, "*", 2, 2],
  closeParty: [ID],
  createMatch: [],
  createParty: [true, 4],
  joinMatch: [ID],
  joinParty: [ID],
  leaveMatch: [ID],
  leaveParty: [ID],
  listPartyJoinRequests: [ID],
  promotePartyMember: [ID, PRESENCE],
  removeMatchmaker: ["t"],
  removeMatchmakerParty: [ID, "t"],
  removePartyMember: [ID, PRESENCE],
};

/** Methods without an answer of the server. */
export const silent = new Set([
  "constructor",
  "createSocket",
  "disconnect",
  "generatecid",
  "getHeartbeatTimeoutMs",
  "pingPong",
  "send",
  "sendMatchState",
  "sendPartyData",
  "setHeartbeatTimeoutMs",
]);
