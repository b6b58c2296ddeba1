//! The route table: every path of the public API, those included that are not built yet.

use super::body::Incoming;
use super::endpoint::{self, Endpoint};
use super::query::broken_escape;
use super::reply::Reply;
use super::{
    account, authenticate, channel, event, export, friend, group, group_users, health, link, notification, operator,
    plugin, read_marker, rpc, session, users,
};
use crate::failure::Failure;
use axum::http::Method;
use futures_util::future::BoxFuture;
use meadhall_protocol::error::Code;
use percent_encoding::percent_decode_str;

/// What runs a request.
pub(super) type Handler = fn(Incoming) -> BoxFuture<'static, Reply>;

/// One line of the table.
#[derive(Debug)]
pub(super) struct Route {
    method: Method,
    path: &'static str,
    /// The public name of the operation.
    pub(super) name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Has hooks.
    Endpoint(Handler),
    /// Has none.
    Plain(Handler),
    /// Answers 501 until its feature lands.
    Later,
}

impl Route {
    fn copy(&self) -> Self {
        Self { method: self.method.clone(), ..*self }
    }

    /// Whether plugins can hook it.
    pub(super) fn is_hooked(&self) -> bool {
        matches!(self.kind, Kind::Endpoint(_))
    }
}

fn endpoint<E: Endpoint>(method: Method, path: &'static str) -> Route {
    Route { method, path, name: E::NAME, kind: Kind::Endpoint(endpoint::serve::<E>) }
}

fn plain(method: Method, path: &'static str, name: &'static str, handler: Handler) -> Route {
    Route { method, path, name, kind: Kind::Plain(handler) }
}

fn later(method: Method, path: &'static str, name: &'static str) -> Route {
    Route { method, path, name, kind: Kind::Later }
}

/// All routes, by path.
#[rustfmt::skip]
pub(super) fn table() -> Vec<Route> {
    vec![
        plain(Method::GET, "/", "Root", health::root),
        plain(Method::HEAD, "/", "Root", health::root),
        plain(Method::GET, "/healthcheck", "Healthcheck", health::check),
        plain(Method::HEAD, "/healthcheck", "Healthcheck", health::check),
        plain(Method::GET, export::EXPORT_PATH, "Export", export::export),
        plain(Method::DELETE, "/meadhall/account/{user}", "OperatorDeleteAccount", operator::delete),
        plain(Method::POST, "/meadhall/account/{user}/ban", "OperatorBanAccount", operator::ban),
        plain(Method::POST, "/meadhall/account/{user}/unban", "OperatorUnbanAccount", operator::unban),
        plain(Method::GET, "/meadhall/account/{user}/export", "OperatorExportAccount", operator::export),
        plain(Method::GET, plugin::PLUGIN_PATH, "OperatorListPlugins", plugin::list),
        plain(Method::POST, "/meadhall/plugin/reload", "OperatorReloadPlugins", plugin::reload),
        plain(Method::POST, "/meadhall/plugin/rollback", "OperatorRollBackPlugin", plugin::roll_back),
        endpoint::<account::DeleteAccount>(Method::DELETE, "/v2/account"),
        endpoint::<account::GetAccount>(Method::GET, "/v2/account"),
        endpoint::<account::UpdateAccount>(Method::PUT, "/v2/account"),
        later(Method::POST, "/v2/account/authenticate/apple", "AuthenticateApple"),
        endpoint::<authenticate::AuthenticateCustom>(Method::POST, "/v2/account/authenticate/custom"),
        endpoint::<authenticate::AuthenticateDevice>(Method::POST, "/v2/account/authenticate/device"),
        endpoint::<authenticate::AuthenticateEmail>(Method::POST, "/v2/account/authenticate/email"),
        later(Method::POST, "/v2/account/authenticate/facebook", "AuthenticateFacebook"),
        later(Method::POST, "/v2/account/authenticate/facebookinstantgame", "AuthenticateFacebookInstantGame"),
        later(Method::POST, "/v2/account/authenticate/gamecenter", "AuthenticateGameCenter"),
        later(Method::POST, "/v2/account/authenticate/google", "AuthenticateGoogle"),
        later(Method::POST, "/v2/account/authenticate/steam", "AuthenticateSteam"),
        later(Method::POST, "/v2/account/link/apple", "LinkApple"),
        endpoint::<link::LinkCustom>(Method::POST, "/v2/account/link/custom"),
        endpoint::<link::LinkDevice>(Method::POST, "/v2/account/link/device"),
        endpoint::<link::LinkEmail>(Method::POST, "/v2/account/link/email"),
        later(Method::POST, "/v2/account/link/facebook", "LinkFacebook"),
        later(Method::POST, "/v2/account/link/facebookinstantgame", "LinkFacebookInstantGame"),
        later(Method::POST, "/v2/account/link/gamecenter", "LinkGameCenter"),
        later(Method::POST, "/v2/account/link/google", "LinkGoogle"),
        later(Method::POST, "/v2/account/link/steam", "LinkSteam"),
        endpoint::<session::SessionRefresh>(Method::POST, "/v2/account/session/refresh"),
        later(Method::POST, "/v2/account/unlink/apple", "UnlinkApple"),
        endpoint::<link::UnlinkCustom>(Method::POST, "/v2/account/unlink/custom"),
        endpoint::<link::UnlinkDevice>(Method::POST, "/v2/account/unlink/device"),
        endpoint::<link::UnlinkEmail>(Method::POST, "/v2/account/unlink/email"),
        later(Method::POST, "/v2/account/unlink/facebook", "UnlinkFacebook"),
        later(Method::POST, "/v2/account/unlink/facebookinstantgame", "UnlinkFacebookInstantGame"),
        later(Method::POST, "/v2/account/unlink/gamecenter", "UnlinkGameCenter"),
        later(Method::POST, "/v2/account/unlink/google", "UnlinkGoogle"),
        later(Method::POST, "/v2/account/unlink/steam", "UnlinkSteam"),
        endpoint::<read_marker::ListReadMarkers>(Method::GET, "/v2/channel"),
        endpoint::<channel::ListChannelMessages>(Method::GET, "/v2/channel/{channel_id}"),
        endpoint::<read_marker::GetReadMarker>(Method::GET, "/v2/channel/{channel_id}/read"),
        endpoint::<read_marker::UpdateReadMarker>(Method::PUT, "/v2/channel/{channel_id}/read"),
        endpoint::<event::Event>(Method::POST, "/v2/event"),
        endpoint::<friend::DeleteFriends>(Method::DELETE, "/v2/friend"),
        endpoint::<friend::ListFriends>(Method::GET, "/v2/friend"),
        endpoint::<friend::AddFriends>(Method::POST, "/v2/friend"),
        endpoint::<friend::BlockFriends>(Method::POST, "/v2/friend/block"),
        later(Method::POST, "/v2/friend/facebook", "ImportFacebookFriends"),
        endpoint::<friend::ListFriendsOfFriends>(Method::GET, "/v2/friend/friends"),
        later(Method::POST, "/v2/friend/steam", "ImportSteamFriends"),
        endpoint::<group::ListGroups>(Method::GET, "/v2/group"),
        endpoint::<group::CreateGroup>(Method::POST, "/v2/group"),
        endpoint::<group::DeleteGroup>(Method::DELETE, "/v2/group/{group_id}"),
        endpoint::<group::UpdateGroup>(Method::PUT, "/v2/group/{group_id}"),
        endpoint::<group_users::AddGroupUsers>(Method::POST, "/v2/group/{group_id}/add"),
        endpoint::<group_users::BanGroupUsers>(Method::POST, "/v2/group/{group_id}/ban"),
        endpoint::<group_users::DemoteGroupUsers>(Method::POST, "/v2/group/{group_id}/demote"),
        endpoint::<group::JoinGroup>(Method::POST, "/v2/group/{group_id}/join"),
        endpoint::<group_users::KickGroupUsers>(Method::POST, "/v2/group/{group_id}/kick"),
        endpoint::<group::LeaveGroup>(Method::POST, "/v2/group/{group_id}/leave"),
        endpoint::<group_users::PromoteGroupUsers>(Method::POST, "/v2/group/{group_id}/promote"),
        endpoint::<group_users::ListGroupUsers>(Method::GET, "/v2/group/{group_id}/user"),
        later(Method::POST, "/v2/iap/purchase/apple", "ValidatePurchaseApple"),
        later(Method::POST, "/v2/iap/purchase/facebookinstant", "ValidatePurchaseFacebookInstant"),
        later(Method::POST, "/v2/iap/purchase/google", "ValidatePurchaseGoogle"),
        later(Method::POST, "/v2/iap/purchase/huawei", "ValidatePurchaseHuawei"),
        later(Method::POST, "/v2/iap/purchase/samsung", "ValidatePurchaseSamsung"),
        later(Method::POST, "/v2/iap/subscription", "ListSubscriptions"),
        later(Method::POST, "/v2/iap/subscription/apple", "ValidateSubscriptionApple"),
        later(Method::POST, "/v2/iap/subscription/google", "ValidateSubscriptionGoogle"),
        later(Method::GET, "/v2/iap/subscription/{product_id}", "GetSubscription"),
        later(Method::DELETE, "/v2/leaderboard/{leaderboard_id}", "DeleteLeaderboardRecord"),
        later(Method::GET, "/v2/leaderboard/{leaderboard_id}", "ListLeaderboardRecords"),
        later(Method::POST, "/v2/leaderboard/{leaderboard_id}", "WriteLeaderboardRecord"),
        later(Method::GET, "/v2/leaderboard/{leaderboard_id}/owner/{owner_id}", "ListLeaderboardRecordsAroundOwner"),
        later(Method::GET, "/v2/match", "ListMatches"),
        later(Method::GET, "/v2/matchmaker/stats", "GetMatchmakerStats"),
        endpoint::<notification::DeleteNotifications>(Method::DELETE, "/v2/notification"),
        endpoint::<notification::ListNotifications>(Method::GET, "/v2/notification"),
        later(Method::GET, "/v2/party", "ListParties"),
        plain(Method::GET, "/v2/rpc/{*id}", "RpcFunc", rpc::call),
        plain(Method::POST, "/v2/rpc/{*id}", "RpcFunc", rpc::call),
        endpoint::<session::SessionLogout>(Method::POST, "/v2/session/logout"),
        later(Method::POST, "/v2/storage", "ReadStorageObjects"),
        later(Method::PUT, "/v2/storage", "WriteStorageObjects"),
        later(Method::PUT, "/v2/storage/delete", "DeleteStorageObjects"),
        later(Method::GET, "/v2/storage/{collection}", "ListStorageObjects"),
        later(Method::GET, "/v2/storage/{collection}/{user_id}", "ListStorageObjects"),
        later(Method::GET, "/v2/tournament", "ListTournaments"),
        later(Method::DELETE, "/v2/tournament/{tournament_id}", "DeleteTournamentRecord"),
        later(Method::GET, "/v2/tournament/{tournament_id}", "ListTournamentRecords"),
        later(Method::POST, "/v2/tournament/{tournament_id}", "WriteTournamentRecord"),
        later(Method::PUT, "/v2/tournament/{tournament_id}", "WriteTournamentRecord"),
        later(Method::POST, "/v2/tournament/{tournament_id}/join", "JoinTournament"),
        later(Method::GET, "/v2/tournament/{tournament_id}/owner/{owner_id}", "ListTournamentRecordsAroundOwner"),
        endpoint::<users::GetUsers>(Method::GET, "/v2/user"),
        endpoint::<group_users::ListUserGroups>(Method::GET, "/v2/user/{user_id}/group"),
    ]
}

/// The table, made for looking up.
#[derive(Debug)]
pub(super) struct Routes {
    // Matched by hand instead of by axum's router, because the wire answers a wrong method with 501 and most clients
    // call one route only: a look-up and a short scan are all there is to do.
    paths: matchit::Router<Vec<Route>>,
}

/// What a request asks for.
#[derive(Debug)]
pub(super) enum Found {
    /// Its operation's name, its handler, and the path's variables.
    Route(&'static str, Handler, Vec<(&'static str, String)>),
    /// An operation that is not built yet.
    Later(&'static str),
    /// A path that exists, with another method.
    WrongMethod,
    Nothing,
    /// A path variable that cannot be decoded.
    Undecodable(Failure),
}

impl Routes {
    pub(super) fn new() -> Self {
        let mut by_path: Vec<(String, Vec<Route>)> = Vec::new();
        for route in table() {
            match by_path.iter_mut().find(|(path, _)| path == route.path) {
                Some((_, routes)) => routes.push(route),
                None => by_path.push((route.path.to_owned(), vec![route])),
            }
        }
        let mut paths = matchit::Router::new();
        for (path, routes) in by_path {
            // A variable at the end may be empty: its handler says what is missing.
            if let Some(end) = path.ends_with('}').then(|| path.rfind('{')).flatten() {
                insert(&mut paths, &path[..end], routes.iter().map(Route::copy).collect());
            }
            insert(&mut paths, &path, routes);
        }
        Self { paths }
    }

    /// Finds what a request asks for.
    pub(super) fn find(&self, method: &Method, path: &str) -> Found {
        let Ok(matched) = self.paths.at(path) else { return Found::Nothing };
        let Some(route) = matched.value.iter().find(|route| route.method == *method) else {
            // What has no operation of the API is unknown under any other method.
            return if path == "/" { Found::Nothing } else { Found::WrongMethod };
        };
        let handler = match route.kind {
            Kind::Endpoint(handler) | Kind::Plain(handler) => handler,
            Kind::Later => return Found::Later(route.name),
        };
        let mut variables = Vec::with_capacity(matched.params.len());
        for (name, value) in matched.params.iter() {
            match (variable(route.path, name), decode(value)) {
                (Some(name), Ok(value)) => variables.push((name, value)),
                (_, Err(failure)) => return Found::Undecodable(failure),
                (None, Ok(_)) => {}
            }
        }
        Found::Route(route.name, handler, variables)
    }
}

fn insert(paths: &mut matchit::Router<Vec<Route>>, path: &str, routes: Vec<Route>) {
    paths.insert(path, routes).expect("the table's paths do not conflict: a test builds it");
}

/// A variable's name, as the table has it for good.
fn variable(path: &'static str, name: &str) -> Option<&'static str> {
    path.split(['{', '}']).map(|part| part.trim_start_matches('*')).find(|part| *part == name)
}

fn decode(value: &str) -> Result<String, Failure> {
    let refused = |text: String| Failure::new(Code::InvalidArgument, text);
    if let Some(broken) = broken_escape(value) {
        return Err(refused(format!("invalid URL escape {broken:?}")));
    }
    let decoded = percent_decode_str(value).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| refused(format!("path segment {value:?} is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(method: Method, path: &str) -> String {
        match Routes::new().find(&method, path) {
            Found::Route(_, _, variables) => format!("route {variables:?}"),
            Found::Later(name) => format!("later {name}"),
            Found::WrongMethod => "wrong method".into(),
            Found::Nothing => "nothing".into(),
            Found::Undecodable(failure) => failure.message.into(),
        }
    }

    #[test]
    fn paths_lead_to_routes() {
        let cases = [
            (Method::GET, "/v2/account", "route []"),
            (Method::PATCH, "/v2/account", "wrong method"),
            (Method::GET, "/v2/account/", "nothing"),
            (Method::GET, "/V2/account", "nothing"),
            (Method::GET, "/v1/account", "nothing"),
            (Method::GET, "/v2/nothing", "nothing"),
            (Method::GET, "/", "route []"),
            (Method::POST, "/", "nothing"),
            (Method::GET, "/v2/channel/2...a%20b", r#"route [("channel_id", "2...a b")]"#),
            (Method::GET, "/v2/channel/", "route []"),
            (Method::GET, "/v2/channel", "route []"),
            (Method::GET, "/v2/channel/2...a%2Fb/read", r#"route [("channel_id", "2...a/b")]"#),
            (Method::POST, "/v2/channel/2...a/read", "wrong method"),
            (Method::GET, "/v2/channel/a/b", "nothing"),
            (Method::GET, "/v2/channel/%zz", r#"invalid URL escape "%zz""#),
            (Method::GET, "/v2/channel/%ff", r#"path segment "%ff" is not UTF-8"#),
            (Method::POST, "/v2/rpc/a/b", r#"route [("id", "a/b")]"#),
            (Method::POST, "/v2/rpc/", "route []"),
            (Method::PUT, "/v2/rpc/a", "wrong method"),
            (Method::POST, "/v2/friend/steam", "later ImportSteamFriends"),
            (Method::POST, "/v2/group/1234/kick", r#"route [("group_id", "1234")]"#),
            (Method::GET, "/v2/storage/c/u", "later ListStorageObjects"),
            (Method::PUT, "/v2/storage/delete", "later DeleteStorageObjects"),
        ];
        for (method, path, expected) in cases {
            assert_eq!(names(method.clone(), path), expected, "{method} {path}");
        }
    }

    #[test]
    fn the_whole_api_is_in_the_table() {
        // 85 operations, of which Healthcheck, ListStorageObjects, RpcFunc and WriteTournamentRecord have two routes;
        // `/` with two; eight of the operator's; and three of our own about read markers.
        let table = table();
        let mut names: Vec<_> = table.iter().map(|route| route.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!((table.len(), names.len()), (102, 97));
    }
}
