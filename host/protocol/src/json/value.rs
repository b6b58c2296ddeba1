//! Single values: what may be `null`, and what stands for a number.

use super::container::{ListVisitor, MapVisitor};
use super::{Kind, Null, Number, Rules, Value};
use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Error, Visitor};
use std::fmt;

/// A value that may be `null`.
pub(super) struct Reading<'t, V> {
    pub(super) kind: Kind,
    pub(super) visitor: V,
    pub(super) rules: Rules<'t>,
}

impl<'de, V: Visitor<'de>> Reading<'_, V> {
    pub(super) fn read<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
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
            Kind::List => self.visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<()>())),
            Kind::Map => self.visitor.visit_map(MapDeserializer::new(std::iter::empty::<((), ())>())),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visit_none()
    }
}

/// A field that tells absent from default, or a sub-message.
pub(super) struct OptionVisitor<'t, V> {
    pub(super) visitor: V,
    pub(super) rules: Rules<'t>,
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
