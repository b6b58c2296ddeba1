//! Keys: a tag that says what the row is, then its fields, so that byte order is the order of the fields.
//!
//! Numbers and ids are big-endian. Text inside a key has its length before it, so that room `a` is no prefix of room
//! `ab`; only the last field may be raw, and then nothing is ever scanned below it.

use uuid::Uuid;

/// What a row is. The numbers are on disk: a number is never reused for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Tag {
    /// Facts about the store itself.
    Meta = 0x00,
    /// user id → account
    Account = 0x10,
    /// raw username → user id
    Username = 0x11,
    /// raw device id → user id
    Device = 0x12,
    /// raw email, in lower case → user id
    Email = 0x13,
    /// raw custom id → user id
    Custom = 0x14,
    /// token id → when it would have expired
    RevokedToken = 0x20,
    /// user id → from when on tokens count again
    RevokedUser = 0x21,
    /// owner, collection, raw key → object
    Object = 0x30,
    /// The history of channels. 0x43 to 0x4f are kept free for it.
    History = 0x40,
    /// The highest id of a message or notification that was ever stored.
    HighestMessage = 0x41,
    /// user id, channel → how far the user has read it
    ReadMarker = 0x42,
    /// user id, state, other user's id → one side of an edge between two users
    Friend = 0x50,
    /// user id, other user's id → nothing: who has blocked a user
    FriendBlocker = 0x51,
    /// group id → group
    Group = 0x60,
    /// raw name → group id
    GroupName = 0x61,
    /// raw name in lower case, group id → nothing: groups by name
    GroupFoldedName = 0x62,
    /// what is filtered for, member count, group id → nothing: groups by what they are
    GroupListing = 0x63,
    /// group id, state, user id → a user's place in a group
    GroupMember = 0x64,
    /// user id, state, group id → the same from the user's side
    UserGroup = 0x65,
    /// user id, notification id → notification
    Notification = 0x70,
    /// key of a row, number → the rest of a long value
    Continuation = 0xff,
}

/// The longest key. With [`super::view::CHUNK`] it bounds the pages of the engine.
pub(crate) const KEY_LEN_MAX: usize = 320;

/// A key in the making.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    /// A key of one kind, without fields yet.
    pub(crate) fn new(tag: Tag) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(tag as u8);
        Self(bytes)
    }

    /// Appends a number of one byte.
    pub(crate) fn u8(mut self, number: u8) -> Self {
        self.0.push(number);
        self
    }

    /// Appends a number.
    pub(crate) fn u32(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Appends an id.
    pub(crate) fn uuid(mut self, id: Uuid) -> Self {
        self.0.extend_from_slice(id.as_bytes());
        self
    }

    /// Appends bytes with their length before them: the order is by length, then by bytes. Bytes past 65,535 are cut
    /// off; every text in a key has a limit far below.
    pub(crate) fn sized(mut self, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(&bytes[..usize::from(length)]);
        self
    }

    /// Appends the last field as it is.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The keys of all rows but those about the store itself.
    pub(crate) fn all_data() -> KeyRange {
        KeyRange { start: vec![Tag::Meta as u8 + 1], end: Vec::new() }
    }

    /// All keys that begin with this one.
    pub(crate) fn range(self) -> KeyRange {
        let mut end = self.0.clone();
        // The next key that does not begin so: the last byte that can grow, grows.
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                break;
            }
        }
        KeyRange { start: self.0, end }
    }

    /// The bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Keys from `start` on, below `end`; an empty `end` is no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Vec<u8>,
}

impl KeyRange {
    /// The part behind a key, without it.
    pub(crate) fn after(mut self, key: impl AsRef<[u8]>) -> Self {
        let mut next = key.as_ref().to_vec();
        next.push(0);
        if next > self.start {
            self.start = next;
        }
        self
    }

    /// The part before a key, without it.
    pub(crate) fn before(mut self, key: impl AsRef<[u8]>) -> Self {
        if self.end.is_empty() || key.as_ref() < self.end.as_slice() {
            self.end = key.as_ref().to_vec();
        }
        self
    }

    /// Whether a key is in it.
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        key >= self.start.as_slice() && (self.end.is_empty() || key < self.end.as_slice())
    }

    /// Whether nothing can be in it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.end.is_empty() && self.start >= self.end
    }
}

/// Reads the fields of a key, in the order they were written.
#[derive(Debug)]
pub(crate) struct KeyFields<'a>(&'a [u8]);

impl<'a> KeyFields<'a> {
    /// The fields behind the tag; none when the key is of another kind.
    pub(crate) fn new(tag: Tag, key: &'a [u8]) -> Option<Self> {
        key.strip_prefix(&[tag as u8]).map(Self)
    }

    /// The next field as a number of one byte.
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// The next field as an id.
    pub(crate) fn uuid(&mut self) -> Option<Uuid> {
        self.take(16).and_then(|bytes| Uuid::from_slice(bytes).ok())
    }

    /// The next field as bytes with a length.
    pub(crate) fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.take(2)?;
        self.take(usize::from(u16::from_be_bytes([length[0], length[1]])))
    }

    /// What is left.
    pub(crate) fn raw(self) -> &'a [u8] {
        self.0
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Fields = (u8, [u8; 16], Vec<u8>, u32, Vec<u8>);

    fn encode(fields: &Fields) -> Key {
        let (byte, id, text, number, tail) = fields;
        Key::new(Tag::Object).u8(*byte).uuid(Uuid::from_bytes(*id)).sized(text).u32(*number).raw(tail)
    }

    /// The order that the encoding promises: inner text by length first.
    fn order(fields: &Fields) -> (u8, [u8; 16], usize, Vec<u8>, u32, Vec<u8>) {
        (fields.0, fields.1, fields.2.len(), fields.2.clone(), fields.3, fields.4.clone())
    }

    fn fields() -> impl Strategy<Value = Fields> {
        let few = prop::sample::select(vec![0u8, 1, 0x7f, 0xfe, 0xff]);
        (
            few.clone(),
            prop::array::uniform16(few.clone()),
            prop::collection::vec(few.clone(), 0..4),
            any::<u32>(),
            prop::collection::vec(few, 0..4),
        )
    }

    proptest! {
        #[test]
        fn byte_order_is_field_order(left in fields(), right in fields()) {
            prop_assert_eq!(encode(&left).cmp(&encode(&right)), order(&left).cmp(&order(&right)));
        }

        #[test]
        fn the_range_of_one_thing_holds_only_its_own_rows(left in fields(), right in fields()) {
            let prefix = |fields: &Fields| {
                Key::new(Tag::Object).u8(fields.0).uuid(Uuid::from_bytes(fields.1)).sized(&fields.2)
            };
            let same = (left.0, left.1, &left.2) == (right.0, right.1, &right.2);
            prop_assert_eq!(prefix(&left).range().contains(encode(&right).as_ref()), same);
        }

        #[test]
        fn fields_come_back(fields in fields()) {
            let key = encode(&fields);
            let mut read = KeyFields::new(Tag::Object, key.as_ref()).unwrap();
            prop_assert_eq!(read.u8(), Some(fields.0));
            prop_assert_eq!(read.uuid(), Some(Uuid::from_bytes(fields.1)));
            prop_assert_eq!(read.sized(), Some(fields.2.as_slice()));
            prop_assert_eq!(&read.raw()[4..], fields.4.as_slice());
        }

        #[test]
        fn ranges_narrow_to_before_and_after(keys in prop::collection::btree_set(fields(), 2..20), at in any::<prop::sample::Index>()) {
            let keys: std::collections::BTreeSet<Vec<u8>> = keys.iter().map(|fields| encode(fields).into_bytes()).collect();
            let keys: Vec<_> = keys.into_iter().collect();
            let at = at.index(keys.len());
            let all = Key::new(Tag::Object).range();
            let inside = |range: &KeyRange| keys.iter().filter(|key| range.contains(key)).count();
            prop_assert_eq!(inside(&all), keys.len());
            prop_assert_eq!(inside(&all.clone().after(&keys[at])), keys.len() - at - 1);
            prop_assert_eq!(inside(&all.before(&keys[at])), at);
        }
    }

    #[test]
    fn a_prefix_of_all_ones_has_no_upper_bound() {
        let range = Key(vec![0xff, 0xff]).range();
        assert!(range.end.is_empty());
        assert!(range.contains(&[0xff, 0xff, 0xff]));
    }
}
