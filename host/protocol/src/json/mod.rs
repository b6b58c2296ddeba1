//! How JSON input is read: an adapter around serde_json's reader, because the generated code alone is stricter than
//! the wire, and laxer.
//!
//! - `null` is the same as an absent field, but no value inside a list or a map.
//! - Whole numbers fit integer fields however they are written: `1`, `1.0`, `"1"`.
//! - Unknown fields are refused or skipped as the caller says: generated code hands its names to `deserialize_struct`.
//! - A key that comes twice in a map is an error, as a field that comes twice is in the generated code.
//! - An error names the field, with its path.

mod container;
mod value;

use crate::codec::{DecodeError, UnknownFields};
use container::MessageVisitor;
use serde::Deserializer;
use serde::de::{DeserializeOwned, Visitor};
use std::cell::{Cell, RefCell};
use std::fmt;
use value::{OptionVisitor, Reading};

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
