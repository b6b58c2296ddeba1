//! The arguments of a call, read from a line of a script.
//!
//! | written | is |
//! |---|---|
//! | `any text` | itself, in which `@ann`, `@group`, `@cursor` … stand for what [`Names`] has |
//! | `@ann,ben,x*150` | a list of texts, the last of them 150 times |
//! | `12`, `-3`, `true` | a number, a truth; anything else is some number |
//! | `-` | none, where something may be missing |
//! | `3`, and then an item's arguments | a list of three such items, in which `#` is 0, 1 and 2 |

use super::names::Names;
use std::iter::Peekable;
use std::str::{FromStr, Split};

/// Bytes of the arguments of one call. A component cannot pass more either: `runtime.result_bytes`.
pub const ARGUMENT_BYTES: usize = 1 << 20;
/// Items of one list.
const ITEMS_MAX: usize = 10_000;

/// What is left of a line.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    words: Peekable<Split<'a, char>>,
    names: &'a Names,
    taken: usize,
    /// Which item of a list is read.
    index: Option<usize>,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(line: &'a str, names: &'a Names) -> Self {
        Self { words: line.split('\t').peekable(), names, taken: 0, index: None }
    }

    /// Bytes that were read so far.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    fn word(&mut self) -> &'a str {
        self.words.next().unwrap_or("")
    }

    pub(super) fn text(&mut self) -> String {
        let word = self.word();
        self.expanded(word)
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        self.text().into_bytes()
    }

    pub(super) fn flag(&mut self) -> bool {
        self.number::<u8>() % 2 == 1
    }

    pub(super) fn number<N: FromStr + From<u8>>(&mut self) -> N {
        let word = self.word();
        match word {
            "true" => 1.into(),
            _ => word.parse().unwrap_or_else(|_| word.bytes().fold(0_u8, u8::wrapping_add).into()),
        }
    }

    /// Something, or none where the word is `-`.
    pub(super) fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.words.next_if_eq(&"-").is_none().then(|| read(self))
    }

    /// One of these.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.number::<u8>()) % all.len()]
    }

    pub(super) fn texts(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        let word = self.word();
        for item in word.split(',').filter(|_| !word.is_empty()) {
            let (text, times) = item.rsplit_once('*').unwrap_or((item, "1"));
            for _ in 0..times.parse().unwrap_or(1).min(ITEMS_MAX - texts.len()) {
                texts.push(self.expanded(text));
            }
        }
        texts
    }

    /// As many items as a number says, all read from the same words.
    pub(super) fn items<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.number::<u16>().min(ITEMS_MAX as u16);
        let first = self.words.clone();
        let item = |index| {
            self.words = first.clone();
            self.index = Some(index);
            read(self)
        };
        let items = (0..usize::from(count)).map(item).collect();
        self.index = None;
        items
    }

    pub(super) fn pairs(&mut self) -> Vec<(String, String)> {
        self.items(|it| (it.text(), it.text()))
    }

    /// A text with what it names in it, as long as the bytes of the call last.
    fn expanded(&mut self, word: &str) -> String {
        if self.taken == ARGUMENT_BYTES {
            return String::new();
        }
        let mut text = String::new();
        let mut rest = word;
        while let Some(at) = rest.find(['@', '#']) {
            text.push_str(&rest[..at]);
            let name_end =
                rest[at + 1..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |end| at + 1 + end);
            match (self.names.get(&rest[at + 1..name_end]), self.index) {
                (Some(named), _) if rest[at..].starts_with('@') => {
                    text.push_str(named);
                    rest = &rest[name_end..];
                }
                (_, Some(index)) if rest[at..].starts_with('#') => {
                    text.push_str(&index.to_string());
                    rest = &rest[at + 1..];
                }
                _ => {
                    text.push_str(&rest[at..=at]);
                    rest = &rest[at + 1..];
                }
            }
            if text.len() > ARGUMENT_BYTES {
                break;
            }
        }
        text.push_str(rest);
        text.truncate(text.floor_char_boundary(ARGUMENT_BYTES - self.taken));
        self.taken += text.len();
        text
    }
}
