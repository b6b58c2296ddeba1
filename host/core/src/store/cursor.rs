//! Pages of lists, and their cursors: the key of a page's last row, as opaque text that fits only the list it is of.

use super::StoreError;
use super::key::KeyRange;
use super::view::{Reader, Value};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use sled::IVec;

/// Changes with the encoding, so that a cursor of another build is refused and not misread.
const VERSION: u8 = 1;

/// Bytes before the key: the version and the mark.
const FIXED: usize = 1 + 8;

/// Which way a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct RowPage {
    /// Keys and values.
    pub(crate) rows: Vec<(IVec, Value)>,
    /// Where the next page begins; none when this is the last.
    pub(crate) cursor: Option<String>,
}

/// The first `limit` rows of a list that is all of a range, or those that follow a cursor. None when the cursor is not
/// of this list; an empty one is none.
pub(crate) fn page(
    reader: &Reader,
    list: &KeyRange,
    order: Order,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Option<RowPage>, StoreError> {
    let mut rest = list.clone();
    if let Some(text) = cursor.filter(|text| !text.is_empty()) {
        let Some(last) = decode(list, order, text) else { return Ok(None) };
        rest = if order == Order::Ascending { rest.after(last) } else { rest.before(last) };
    }
    // One more tells whether there is more.
    let mut rows = match order {
        Order::Ascending => reader.range(rest).take(limit + 1).collect::<Result<Vec<_>, _>>()?,
        Order::Descending => reader.range_reverse(rest).take(limit + 1).collect::<Result<Vec<_>, _>>()?,
    };
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more).map(|(key, _)| encode(list, order, key));
    Ok(Some(RowPage { cursor: last, rows }))
}

/// The place behind a row of a list, as text that fits a query parameter.
pub(crate) fn encode(list: &KeyRange, order: Order, last: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(FIXED + last.len());
    bytes.push(VERSION);
    bytes.extend(mark(list, order, last));
    bytes.extend(last);
    URL_SAFE.encode(bytes)
}

/// The row that a place is behind; none when [`encode`] did not make the text for this list. The row may be gone.
pub(crate) fn decode(list: &KeyRange, order: Order, text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE.decode(text).ok()?;
    let (fixed, last) = bytes.split_at_checked(FIXED)?;
    let is_of_list = fixed[0] == VERSION && fixed[1..] == mark(list, order, last) && list.contains(last);
    is_of_list.then(|| last.to_vec())
}

/// What tells a list's cursors from another's, and from what was cut or changed (FNV-1a): not a secret, only against
/// mistakes.
fn mark(list: &KeyRange, order: Order, last: &[u8]) -> [u8; 8] {
    let order = match order {
        Order::Ascending => 0,
        Order::Descending => 1,
    };
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in [[order].as_slice(), list.start.as_slice(), list.end.as_slice(), last] {
        // With its length, so that no byte counts for the part beside it.
        for byte in (part.len() as u64).to_be_bytes().iter().chain(part) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    hash.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::key::{Key, Tag};
    use crate::store::{Store, StoreConfig};
    use proptest::prelude::*;

    fn list(name: &str) -> KeyRange {
        Key::new(Tag::Object).sized(name.as_bytes()).range()
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_in_its_own_list_only(name: String, other: String, tail: Vec<u8>) {
            let key = Key::new(Tag::Object).sized(name.as_bytes()).raw(&tail).into_bytes();
            let text = encode(&list(&name), Order::Ascending, &key);
            prop_assert_eq!(decode(&list(&name), Order::Ascending, &text), Some(key));
            prop_assert_eq!(decode(&list(&name), Order::Descending, &text), None);
            prop_assert_eq!(decode(&list(&other), Order::Ascending, &text).is_some(), name == other);
            // Cut off it is none, and a part of the list is another list.
            let bytes = URL_SAFE.decode(&text).unwrap();
            let cut = URL_SAFE.encode(&bytes[..bytes.len() - 1]);
            prop_assert_eq!(decode(&list(&name), Order::Ascending, &cut), None);
            let part = list(&name).after(Key::new(Tag::Object).sized(name.as_bytes()));
            prop_assert_eq!(decode(&part, Order::Ascending, &text), None);
        }

        #[test]
        fn junk_is_refused(junk in ".*", bytes: Vec<u8>) {
            prop_assert_eq!(decode(&list("a"), Order::Ascending, &junk), None);
            prop_assert_eq!(decode(&list("a"), Order::Ascending, &URL_SAFE.encode(bytes)), None);
        }
    }

    #[tokio::test]
    async fn pages_follow_each_other_both_ways() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap();
        let key = |number: u8| Key::new(Tag::Object).sized(b"list").u8(number);
        let written = store.write(move |txn| (0..10).try_for_each(|number| txn.put(key(number), vec![number])));
        written.await.unwrap().unwrap();
        for order in [Order::Ascending, Order::Descending] {
            for limit in 1..=11 {
                let (mut seen, mut cursor) = (Vec::new(), Some(String::new()));
                while let Some(at) = cursor.take() {
                    let next = store.read(move |reader| page(reader, &list("list"), order, limit, Some(&at)));
                    let next = next.await.unwrap().unwrap();
                    assert!(!next.rows.is_empty() && next.rows.len() <= limit);
                    seen.extend(next.rows.iter().map(|(_, value)| value[0]));
                    cursor = next.cursor;
                }
                if order == Order::Descending {
                    seen.reverse();
                }
                assert_eq!(seen, (0..10).collect::<Vec<_>>(), "{order:?}, {limit} a page");
            }
        }
        let foreign = encode(&list("other"), Order::Ascending, key(1).as_ref());
        let refused = store.read(move |reader| page(reader, &list("list"), Order::Ascending, 1, Some(&foreign)));
        assert!(refused.await.unwrap().is_none());
        store.close().await;
    }
}
