//! Values that hold others: lists, maps and messages.

use super::{Null, Rules, Value};
use crate::codec::UnknownFields;
use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// A list: elements may not be `null`.
pub(super) struct ListVisitor<'t, V> {
    pub(super) visitor: V,
    pub(super) rules: Rules<'t>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ListVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Elements { inner, place: 0, rules: self.rules })
    }
}

struct Elements<'t, A> {
    inner: A,
    place: usize,
    rules: Rules<'t>,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        let rules = self.rules;
        let place = self.place;
        self.place += 1;
        let element = self.inner.next_element_seed(ValueSeed { seed, null: Null::Refused, rules });
        rules.trace.follow(element, || format!("[{place}]"))
    }
}

/// A map: keys come once, values may not be `null`.
pub(super) struct MapVisitor<'t, V> {
    pub(super) visitor: V,
    pub(super) rules: Rules<'t>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MapVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Entries { inner, key: Cow::Borrowed(""), seen: HashSet::new(), rules: self.rules })
    }
}

struct Entries<'de, 't, A> {
    inner: A,
    key: Cow<'de, str>,
    seen: HashSet<Cow<'de, str>>,
    rules: Rules<'t>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'de, '_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(key) = self.inner.next_key_seed(KeySeed)? else { return Ok(None) };
        if !self.seen.insert(key.clone()) {
            return Err(A::Error::custom(format_args!("key {key:?} comes twice")));
        }
        self.key = key;
        seed.deserialize(text(&self.key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        let rules = self.rules;
        let value = self.inner.next_value_seed(ValueSeed { seed, null: Null::Refused, rules });
        rules.trace.follow(value, || self.key.to_string())
    }
}

/// A message: unknown fields as the caller says, `null` as absent.
pub(super) struct MessageVisitor<'t, V> {
    pub(super) visitor: V,
    pub(super) fields: &'static [&'static str],
    pub(super) rules: Rules<'t>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MessageVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Self { visitor, fields, rules } = self;
        visitor.visit_map(Fields { inner, name: Cow::Borrowed(""), fields, rules })
    }
}

struct Fields<'de, 't, A> {
    inner: A,
    name: Cow<'de, str>,
    fields: &'static [&'static str],
    rules: Rules<'t>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'de, '_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let trace = self.rules.trace;
        loop {
            let Some(name) = self.inner.next_key_seed(KeySeed)? else { return Ok(None) };
            if self.rules.unknown == UnknownFields::Skip && !self.fields.contains(&&*name) {
                self.inner.next_value::<IgnoredAny>()?;
                continue;
            }
            self.name = name;
            // The generated code knows its own names faster than a search here does, so it is asked first.
            let field = seed.deserialize(text(&self.name)).inspect_err(|_| trace.unknown.set(true));
            return trace.follow(field, || self.name.to_string()).map(Some);
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        let rules = self.rules;
        let value = self.inner.next_value_seed(ValueSeed { seed, null: Null::Default, rules });
        rules.trace.follow(value, || self.name.to_string())
    }
}

fn text<E: Error>(text: &str) -> StrDeserializer<'_, E> {
    text.into_deserializer()
}

/// Puts the adapter around what a seed reads from.
struct ValueSeed<'t, T> {
    seed: T,
    null: Null,
    rules: Rules<'t>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for ValueSeed<'_, T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.seed.deserialize(Value { inner, null: self.null, rules: self.rules })
    }
}

/// Reads a name or key, without a copy unless it has escapes.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<Cow<'de, str>, D::Error> {
        inner.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}
