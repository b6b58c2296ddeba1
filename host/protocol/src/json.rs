//! How JSON input is read: an adapter around serde_json's reader, because the generated code alone is stricter than
//! the wire, and laxer.
//!
//! - `null` is the same as an absent field, but no value inside a list or a map.
//! - Whole numbers fit integer fields however they are written: `1`, `1.0`, `"1"`.
//! - Unknown fields are refused or skipped as the caller says: generated code hands its names to `deserialize_struct`.
//! - A key that comes twice in a map is an error, as a field that comes twice is in the generated code.
//! - An error names the field, with its path.

use crate::codec::{DecodeError, UnknownFields};
use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

/// Reads one message, and nothing after it.
pub(crate) fn read<T: DeserializeOwned>(json: &[u8], unknown: UnknownFields) -> Result<T, DecodeError> {
    let trace = Trace::default();
    let mut reader = serde_json::Deserializer::from_slice(json);
    let rules = Rules { unknown, trace: &trace };
    T::deserialize(Value { inner: &mut reader, null: Null::Refused, rules })
        .and_then(|message| reader.end().map(|()| message))
        .map_err(|error| trace.describe(&error))
}

/// What holds for the whole text.
#[derive(Clone, Copy)]
struct Rules<'t> {
    unknown: UnknownFields,
    trace: &'t Trace,
}

/// Where reading stood when it failed. It is kept beside the reader, not in the error, because generated code passes
/// serde_json's own error type on.
#[derive(Default)]
struct Trace {
    /// Names of fields and keys and places in lists, innermost first.
    path: RefCell<Vec<String>>,
    /// The number read last: what a number does not fit is only found after the reader has handed it out.
    number: Cell<Option<Number>>,
    /// The field that the message does not have.
    unknown: Cell<bool>,
}

#[derive(Clone, Copy)]
enum Number {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(number) => number.fmt(formatter),
            Self::Unsigned(number) => number.fmt(formatter),
            Self::Float(number) => number.fmt(formatter),
        }
    }
}

impl Trace {
    /// Notes where `read` failed, if it did.
    fn follow<T, E>(&self, read: Result<T, E>, name: impl FnOnce() -> String) -> Result<T, E> {
        match &read {
            Ok(_) => self.number.set(None),
            Err(_) => self.path.borrow_mut().push(name()),
        }
        read
    }

    fn describe(&self, error: &serde_json::Error) -> DecodeError {
        let mut path = String::new();
        for part in self.path.borrow().iter().rev() {
            if !path.is_empty() && !part.starts_with('[') {
                path.push('.');
            }
            path.push_str(part);
        }
        if self.unknown.get() {
            return DecodeError(format!("unknown field {path:?}"));
        }
        let reason = match self.number.get() {
            Some(number) => format!("number {number} does not fit"),
            None => error.to_string(),
        };
        DecodeError(if path.is_empty() { reason } else { format!("field {path:?}: {reason}") })
    }
}

/// What `null` means at a place.
#[derive(Clone, Copy, PartialEq)]
enum Null {
    /// The field's default, which is what an absent field has: a field of a message.
    Default,
    /// A value of the wrong type: the whole text, an element of a list, the value of a map's key.
    Refused,
}

/// The kinds of value that the wire has; messages go their own way.
#[derive(Clone, Copy)]
enum Kind {
    Bool,
    Number,
    Text,
    List,
    Map,
}

/// The adapter: hands on to `inner` what the wire's rules make of it.
struct Value<'t, D> {
    inner: D,
    null: Null,
    rules: Rules<'t>,
}

impl<'de, D: Deserializer<'de>> Value<'_, D> {
    fn read<V: Visitor<'de>>(self, kind: Kind, visitor: V) -> Result<V::Value, D::Error> {
        let reading = Reading { kind, visitor, rules: self.rules };
        match self.null {
            Null::Default => self.inner.deserialize_option(reading),
            Null::Refused => reading.read(self.inner),
        }
    }
}

/// Hands one kind of value to `read`.
macro_rules! read_as {
    ($($method:ident => $kind:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.read(Kind::$kind, visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Value<'_, D> {
    type Error = D::Error;

    read_as! {
        // Generated code asks for "any" where it takes a number or a text: numbers and enums.
        deserialize_any => Number,
        deserialize_bool => Bool,
        deserialize_i8 => Number,
        deserialize_i16 => Number,
        deserialize_i32 => Number,
        deserialize_i64 => Number,
        deserialize_u8 => Number,
        deserialize_u16 => Number,
        deserialize_u32 => Number,
        deserialize_u64 => Number,
        deserialize_f32 => Number,
        deserialize_f64 => Number,
        deserialize_char => Text,
        deserialize_str => Text,
        deserialize_string => Text,
        deserialize_bytes => Text,
        deserialize_byte_buf => Text,
        deserialize_identifier => Text,
        deserialize_seq => List,
        deserialize_map => Map,
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_struct(name, fields, MessageVisitor { visitor, fields, rules: self.rules })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_option(OptionVisitor { visitor, rules: self.rules })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.read(Kind::List, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read(Kind::List, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
    }
}

/// A value that may be `null`.
struct Reading<'t, V> {
    kind: Kind,
    visitor: V,
    rules: Rules<'t>,
}

impl<'de, V: Visitor<'de>> Reading<'_, V> {
    fn read<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self { kind, visitor, rules } = self;
        match kind {
            Kind::Bool => inner.deserialize_bool(visitor),
            Kind::Number => inner.deserialize_any(NumberVisitor { visitor, rules }),
            Kind::Text => inner.deserialize_str(visitor),
            Kind::List => inner.deserialize_seq(ListVisitor { visitor, rules }),
            Kind::Map => inner.deserialize_map(MapVisitor { visitor, rules }),
        }
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Reading<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(formatter)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.read(inner)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        match self.kind {
            Kind::Bool => self.visitor.visit_bool(false),
            Kind::Number => self.visitor.visit_u64(0),
            Kind::Text => self.visitor.visit_str(""),
            Kind::List => self.visitor.visit_seq(Nothing(std::marker::PhantomData)),
            Kind::Map => self.visitor.visit_map(Nothing(std::marker::PhantomData)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visit_none()
    }
}

/// An empty list or map.
struct Nothing<E>(std::marker::PhantomData<E>);

impl<'de, E: Error> SeqAccess<'de> for Nothing<E> {
    type Error = E;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, _: T) -> Result<Option<T::Value>, E> {
        Ok(None)
    }
}

impl<'de, E: Error> MapAccess<'de> for Nothing<E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, E> {
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, _: T) -> Result<T::Value, E> {
        Err(E::custom("a map without keys has no value"))
    }
}

/// A field that tells absent from default, or a sub-message.
struct OptionVisitor<'t, V> {
    visitor: V,
    rules: Rules<'t>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for OptionVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(formatter)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Value { inner, null: Null::Refused, rules: self.rules })
    }
}

/// A number, or a text that stands for one, or the name of an enum's value.
struct NumberVisitor<'t, V> {
    visitor: V,
    rules: Rules<'t>,
}

impl<'de, V: Visitor<'de>> NumberVisitor<'_, V> {
    /// Hands a number on, whole ones as integers.
    fn number<E: Error>(self, number: Number) -> Result<V::Value, E> {
        // 2^63: every whole float in [-2^63, 2^63) is exact as an i64.
        const END: f64 = 9_223_372_036_854_775_808.0;
        self.rules.trace.number.set(Some(number));
        match number {
            Number::Signed(number) => self.visitor.visit_i64(number),
            Number::Unsigned(number) => self.visitor.visit_u64(number),
            Number::Float(number) if number.fract() == 0.0 && (-END..END).contains(&number) => {
                self.visitor.visit_i64(number as i64)
            }
            Number::Float(number) => self.visitor.visit_f64(number),
        }
    }

    /// The number that a text stands for. It is written as in JSON, without blanks around it.
    fn number_in_text(text: &str) -> Option<Number> {
        let edges_are_digits = text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            && text.ends_with(|last: char| last.is_ascii_digit());
        let number: serde_json::Number = edges_are_digits.then(|| serde_json::from_str(text).ok())??;
        number
            .as_i64()
            .map(Number::Signed)
            .or_else(|| number.as_u64().map(Number::Unsigned))
            .or_else(|| number.as_f64().map(Number::Float))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for NumberVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<V::Value, E> {
        self.number(Number::Signed(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<V::Value, E> {
        self.number(Number::Unsigned(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<V::Value, E> {
        self.number(Number::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        match Self::number_in_text(text) {
            Some(number) => self.number(number),
            // The three names that floats have, and the names of enum values. Rust reads more texts as floats.
            None if text.parse::<f64>().is_err() || matches!(text, "NaN" | "Infinity" | "-Infinity") => {
                self.visitor.visit_str(text)
            }
            None => Err(E::custom(format_args!("text {text:?} is no number"))),
        }
    }
}

/// A list: elements may not be `null`.
struct ListVisitor<'t, V> {
    visitor: V,
    rules: Rules<'t>,
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
struct MapVisitor<'t, V> {
    visitor: V,
    rules: Rules<'t>,
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
struct MessageVisitor<'t, V> {
    visitor: V,
    fields: &'static [&'static str],
    rules: Rules<'t>,
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
