//! An address to listen on, or `none`: TOML has no null.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};
use std::net::SocketAddr;

const NONE: &str = "none";

pub(super) fn serialize<S: Serializer>(address: &Option<SocketAddr>, serializer: S) -> Result<S::Ok, S::Error> {
    match address {
        Some(address) => serializer.collect_str(address),
        None => serializer.serialize_str(NONE),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == NONE {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom("is no address such as 127.0.0.1:9350, and not none"))
}
