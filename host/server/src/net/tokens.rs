//! Session and refresh tokens (JWT, HS256), as WIRE (d) describes: claims `tid`, `uid`, `usn`, `vrs`, `exp`, `iat` in
//! this order, `vrs` left out when empty. A session token and its refresh token share `tid`, `iat` and `vrs`.

use crate::config::SessionConfig;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use meadhall_core::caller::CallerUser;
use meadhall_core::clock::Timestamp;
use meadhall_core::ids::UserId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// How many seconds an operator's token lives.
const OPERATOR_LIFETIME: i64 = 60;

/// Why signing cannot fail.
const SIGNS: &str = "claims of plain fields become JSON, and HMAC takes a key of any length";

/// Signs and checks tokens.
pub struct Tokens {
    session: Key,
    refresh: Key,
    // Made once: checking a token is part of every request.
    validation: Validation,
    header: Header,
}

/// What a pair of tokens says.
#[derive(Clone, Debug)]
pub struct Claims {
    /// Shared by both tokens, and by all tokens that are refreshed from them.
    pub token_id: Uuid,
    pub user_id: UserId,
    pub username: Arc<str>,
    /// What the client gave when it logged in.
    pub vars: Arc<BTreeMap<String, String>>,
    /// Seconds since the Unix epoch.
    pub issued_at: i64,
}

/// A session token and the token that gets a new one.
#[derive(Clone, Debug)]
pub struct TokenPair {
    pub session: String,
    pub refresh: String,
    /// When the session token expires.
    pub session_expires_at: Timestamp,
}

/// A token that was checked: signature, expiry and form. Revocation is asked of core.
#[derive(Clone, Debug)]
pub struct SessionToken {
    pub token_id: Uuid,
    pub user: CallerUser,
    /// Seconds since the Unix epoch.
    pub issued_at: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token invalid")]
pub struct InvalidToken;

impl Tokens {
    /// Takes keys and lifetimes from the configuration, whose keys are filled in.
    pub fn new(config: &SessionConfig) -> Self {
        Self {
            session: Key::new(&config.encryption_key, config.token_expiry_sec),
            refresh: Key::new(&config.refresh_encryption_key, config.refresh_token_expiry_sec),
            validation: signature_only(),
            header: Header::new(Algorithm::HS256),
        }
    }

    /// Signs a pair of tokens that live from `now` on.
    pub fn sign(&self, claims: &Claims, now: Timestamp) -> TokenPair {
        let (session, session_expires_at) = self.session.sign(&self.header, claims, now);
        let (refresh, _) = self.refresh.sign(&self.header, claims, now);
        TokenPair { session, refresh, session_expires_at }
    }

    /// Checks a session token at a time.
    ///
    /// # Errors
    /// When signature, form or expiry is wrong; which of them is not told, so that nobody can try keys one by one.
    pub fn verify_session(&self, token: &str, now: Timestamp) -> Result<SessionToken, InvalidToken> {
        self.session.verify(&self.validation, token, now)
    }

    /// Checks a refresh token at a time.
    ///
    /// # Errors
    /// As [`Self::verify_session`]. A session token is no refresh token: the keys differ.
    pub fn verify_refresh(&self, token: &str, now: Timestamp) -> Result<SessionToken, InvalidToken> {
        self.refresh.verify(&self.validation, token, now)
    }

    /// Signs a token with which whoever has the keys shows the server that they do. It lives for a minute.
    pub fn sign_operator(&self, now: Timestamp) -> String {
        let claims = OperatorClaims { operator: true, exp: now.seconds().saturating_add(OPERATOR_LIFETIME) };
        jsonwebtoken::encode(&self.header, &claims, &self.session.encoding).expect(SIGNS)
    }

    /// Checks a token of [`Self::sign_operator`].
    ///
    /// # Errors
    /// As [`Self::verify_session`]. A session token is none, and this one is no session token: their claims differ.
    pub fn verify_operator(&self, token: &str, now: Timestamp) -> Result<(), InvalidToken> {
        let read = jsonwebtoken::decode::<OperatorClaims>(token, &self.session.decoding, &self.validation);
        match read {
            Ok(token) if token.claims.operator && token.claims.exp > now.seconds() => Ok(()),
            _ => Err(InvalidToken),
        }
    }

    /// When every token that exists at `now` will have expired: how long a revocation must be kept.
    pub fn all_expired_after(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_seconds(now.seconds().saturating_add(self.session.lifetime.max(self.refresh.lifetime)))
    }
}

// The keys must not end up in a log.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// One key with the lifetime of what it signs.
struct Key {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Seconds.
    lifetime: i64,
}

impl Key {
    fn new(secret: &str, lifetime: u64) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret.as_bytes()),
            decoding: DecodingKey::from_secret(secret.as_bytes()),
            lifetime: i64::try_from(lifetime).unwrap_or(i64::MAX),
        }
    }

    fn sign(&self, header: &Header, claims: &Claims, now: Timestamp) -> (String, Timestamp) {
        let exp = now.seconds().saturating_add(self.lifetime);
        let written = WrittenClaims {
            tid: claims.token_id,
            uid: claims.user_id.uuid(),
            usn: &claims.username,
            vrs: &claims.vars,
            exp,
            iat: claims.issued_at,
        };
        let token = jsonwebtoken::encode(header, &written, &self.encoding).expect(SIGNS);
        (token, Timestamp::from_seconds(exp))
    }

    fn verify(&self, validation: &Validation, token: &str, now: Timestamp) -> Result<SessionToken, InvalidToken> {
        let claims =
            jsonwebtoken::decode::<ReadClaims>(token, &self.decoding, validation).map_err(|_| InvalidToken)?.claims;
        if claims.exp <= now.seconds() {
            return Err(InvalidToken);
        }
        let user = CallerUser {
            id: UserId::new(claims.uid),
            username: claims.usn.into(),
            vars: Arc::new(claims.vrs),
            expires_at: Timestamp::from_seconds(claims.exp),
        };
        Ok(SessionToken { token_id: claims.tid, user, issued_at: claims.iat })
    }
}

/// Only the signature: expiry is checked against core's clock, not the machine's.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

/// In the order of the wire.
#[derive(Serialize)]
struct WrittenClaims<'a> {
    tid: Uuid,
    uid: Uuid,
    usn: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    vrs: &'a BTreeMap<String, String>,
    exp: i64,
    iat: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorClaims {
    operator: bool,
    exp: i64,
}

#[derive(Deserialize)]
struct ReadClaims {
    tid: Uuid,
    uid: Uuid,
    #[serde(default)]
    usn: String,
    #[serde(default)]
    vrs: BTreeMap<String, String>,
    exp: i64,
    #[serde(default)]
    iat: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    fn config() -> SessionConfig {
        SessionConfig {
            encryption_key: "session key".into(),
            refresh_encryption_key: "refresh key".into(),
            token_expiry_sec: 60,
            refresh_token_expiry_sec: 600,
            ..SessionConfig::default()
        }
    }

    fn claims(vars: &[(&str, &str)]) -> Claims {
        Claims {
            token_id: Uuid::from_u128(1),
            user_id: UserId::new(Uuid::from_u128(2)),
            username: "ann".into(),
            vars: Arc::new(vars.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
            issued_at: 1_000,
        }
    }

    fn payload(token: &str) -> String {
        let part = token.split('.').nth(1).unwrap();
        String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    #[test]
    fn claims_stand_in_the_order_of_the_wire() {
        let pair = Tokens::new(&config()).sign(&claims(&[("team", "red")]), NOW);
        let ids = r#""tid":"00000000-0000-0000-0000-000000000001","uid":"00000000-0000-0000-0000-000000000002""#;
        assert_eq!(
            payload(&pair.session),
            format!(r#"{{{ids},"usn":"ann","vrs":{{"team":"red"}},"exp":1060,"iat":1000}}"#)
        );
        assert_eq!(
            payload(&pair.refresh),
            format!(r#"{{{ids},"usn":"ann","vrs":{{"team":"red"}},"exp":1600,"iat":1000}}"#)
        );
        assert_eq!(pair.session_expires_at, Timestamp::from_seconds(1_060));
    }

    #[test]
    fn empty_vars_are_left_out() {
        let pair = Tokens::new(&config()).sign(&claims(&[]), NOW);
        assert!(!payload(&pair.session).contains("vrs"));
    }

    #[test]
    fn what_was_signed_is_read_back() {
        let tokens = Tokens::new(&config());
        let pair = tokens.sign(&claims(&[("team", "red")]), NOW);
        let read = tokens.verify_session(&pair.session, NOW).unwrap();
        assert_eq!((read.token_id, read.issued_at), (Uuid::from_u128(1), 1_000));
        assert_eq!(&*read.user.username, "ann");
        assert_eq!(read.user.vars.get("team").map(String::as_str), Some("red"));
        assert_eq!(read.user.expires_at, Timestamp::from_seconds(1_060));
    }

    #[test]
    fn a_token_ends_with_its_expiry() {
        let tokens = Tokens::new(&config());
        let pair = tokens.sign(&claims(&[]), NOW);
        assert!(tokens.verify_session(&pair.session, Timestamp::from_seconds(1_059)).is_ok());
        assert!(tokens.verify_session(&pair.session, Timestamp::from_seconds(1_060)).is_err());
        assert!(tokens.verify_refresh(&pair.refresh, Timestamp::from_seconds(1_060)).is_ok());
    }

    #[test]
    fn bad_tokens_are_refused() {
        let tokens = Tokens::new(&config());
        let good = tokens.sign(&claims(&[]), NOW);
        let other = Tokens::new(&SessionConfig { encryption_key: "other".into(), ..config() }).sign(&claims(&[]), NOW);
        let body = good.session.split('.').nth(1).unwrap();
        let unsigned = format!("{}.{body}.", BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#));
        let signature = good.session.rsplit('.').next().unwrap();
        let relabelled =
            format!("{}.{body}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"HS512","typ":"JWT"}"#));
        let without = |claim: &str| {
            let mut all: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(&payload(&good.session)).unwrap();
            all.remove(claim).unwrap();
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &all, &EncodingKey::from_secret(b"session key"))
                .unwrap()
        };
        let cases = [
            ("empty", String::new()),
            ("rubbish", "rubbish".into()),
            ("dots", "..".into()),
            ("signed with another key", other.session),
            ("a refresh token", good.refresh.clone()),
            ("unsigned", unsigned),
            ("another algorithm", relabelled),
            ("no user", without("uid")),
            ("no expiry", without("exp")),
            ("no id", without("tid")),
        ];
        for (case, token) in cases {
            assert_eq!(tokens.verify_session(&token, NOW).err(), Some(InvalidToken), "{case}");
        }
        assert!(tokens.verify_refresh(&good.session, NOW).is_err(), "a session token is no refresh token");
    }

    #[test]
    fn an_operator_is_no_player_and_a_player_no_operator() {
        let tokens = Tokens::new(&config());
        let operator = tokens.sign_operator(NOW);
        assert_eq!(tokens.verify_operator(&operator, NOW), Ok(()));
        assert!(tokens.verify_operator(&operator, Timestamp::from_seconds(1_060)).is_err(), "it lives for a minute");
        assert!(tokens.verify_session(&operator, NOW).is_err());
        let player = tokens.sign(&claims(&[]), NOW);
        for token in [&*player.session, &*player.refresh, "", "rubbish"] {
            assert!(tokens.verify_operator(token, NOW).is_err());
        }
    }

    #[test]
    fn a_revocation_outlives_every_token() {
        let tokens = Tokens::new(&config());
        assert_eq!(tokens.all_expired_after(NOW), Timestamp::from_seconds(1_600));
    }

    #[test]
    fn keys_are_not_shown() {
        assert!(!format!("{:?}", Tokens::new(&config())).contains("session key"));
    }
}
