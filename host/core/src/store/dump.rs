//! Export and import: everything as JSON lines, so that no format on disk is a trap.
//!
//! The first line says what it is, the last one how many things there are, so that one that was cut off is none; each other
//! line is one thing, with a `kind` and its fields by name. Each feature says
//! for itself how its rows are written and read, by a `Table`. Index rows are not exported: they are made anew.

use super::folder::import_key;
use super::key::{Key, KeyRange};
use super::{SCHEMA, Store, StoreError, Txn};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::io;

/// Every kind of row that is exported. A new feature adds its own.
const TABLES: &[Table] = &[
    super::account::TABLE,
    super::friend::TABLE,
    super::group::TABLE,
    super::group::MEMBER_TABLE,
    super::history::TABLE,
    super::read_marker::TABLE,
    super::notification::TABLE,
    crate::revocation::TOKEN_TABLE,
    crate::revocation::USER_TABLE,
    crate::storage::TABLE,
];

/// Rows that are read in one go, so that commits are not held up for long.
const PAGE: usize = 500;
/// Lines that are imported as one write, and about how many bytes of them.
const IMPORTED_AT_ONCE: usize = 500;
const IMPORTED_BYTES_AT_ONCE: usize = 1 << 20;

/// How the rows of one kind are exported and imported.
pub(crate) struct Table {
    /// The `kind` of its lines.
    pub(crate) kind: &'static str,
    /// Where its rows are.
    pub(crate) rows: fn() -> KeyRange,
    /// A row as a JSON object.
    pub(crate) export: fn(&[u8], &[u8]) -> Result<Json, StoreError>,
    /// Stores what such an object says.
    pub(crate) import: fn(&mut Txn, Json) -> Result<(), Fault>,
}

/// Why a line is not imported.
#[derive(Debug)]
pub(crate) enum Fault {
    /// What is wrong with it.
    Record(String),
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Record(error.to_string())
    }
}

/// A record as a JSON object.
pub(crate) fn record(record: impl Serialize) -> Result<Json, StoreError> {
    serde_json::to_value(record).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    kind: String,
    schema: u32,
}

/// The `kind` of the first line.
const HEADING: &str = "meadhall_export";

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    kind: String,
    things: u64,
}

/// The `kind` of the last line.
const ENDING: &str = "meadhall_export_end";

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Its lines could not be written.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The disk fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// There is something in the store.
    #[error("the store is not empty: an import needs a new data folder")]
    NotEmpty,
    /// A line is not what it must be; counted from 1.
    #[error("line {line}: {reason}")]
    Line {
        /// Which line.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The disk fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Writes everything that is durable as lines of JSON, without their line ends. While the server runs each line is as
    /// its thing was at some moment of the export; a stopped server's export is all of one moment. How many things it has.
    ///
    /// # Errors
    /// When a row cannot be read, or `write` fails.
    pub async fn export(&self, mut write: impl FnMut(&str) -> io::Result<()>) -> Result<u64, ExportError> {
        write(&record(Heading { kind: HEADING.into(), schema: SCHEMA })?.to_string())?;
        let mut count = 0;
        for table in TABLES {
            let mut rest = (table.rows)();
            loop {
                let (lines, next) = self.export_page(table, rest).await?;
                for line in &lines {
                    write(line)?;
                    count += 1;
                }
                match next {
                    Some(next) => rest = next,
                    None => break,
                }
            }
        }
        write(&record(Ending { kind: ENDING.into(), things: count })?.to_string())?;
        Ok(count)
    }

    /// Stores what an export has written, in a store that is empty. All or nothing: with a fault the store is empty again.
    /// How many things there were.
    ///
    /// # Errors
    /// When the store is not empty, or a line is not right.
    pub async fn import(&self, lines: impl Iterator<Item = io::Result<String>>) -> Result<u64, ImportError> {
        self.begin_import().await?;
        match self.import_lines(lines).await {
            Ok(count) => {
                self.write(|txn| txn.delete(import_key())).await??;
                Ok(count)
            }
            Err(error) => {
                self.clear().await?;
                Err(error)
            }
        }
    }

    /// Some lines, and where the rest is.
    async fn export_page(
        &self,
        table: &'static Table,
        range: KeyRange,
    ) -> Result<(Vec<String>, Option<KeyRange>), StoreError> {
        self.read(move |reader| {
            let (mut lines, mut last) = (Vec::new(), None);
            for row in reader.range(range.clone()).take(PAGE) {
                let (key, value) = row?;
                let mut json = (table.export)(&key, &value)?;
                json["kind"] = table.kind.into();
                lines.push(json.to_string());
                last = Some(key);
            }
            let next = last.filter(|_| lines.len() == PAGE).map(|last| range.after(last));
            Ok((lines, next))
        })
        .await
    }

    async fn begin_import(&self) -> Result<(), ImportError> {
        let begun = self.write(|txn| {
            if txn.range(Key::all_data()).next().transpose()?.is_some() {
                return Err(ImportError::NotEmpty);
            }
            Ok(txn.put(import_key(), Vec::new())?)
        });
        begun.await?
    }

    async fn import_lines(&self, lines: impl Iterator<Item = io::Result<String>>) -> Result<u64, ImportError> {
        let mut lines = (1..).zip(lines);
        let heading = match lines.next() {
            Some((line, text)) => text.map_err(|error| at(line, error))?,
            None => String::new(),
        };
        check_heading(&heading).map_err(|reason| at(1, reason))?;
        let (mut count, mut last, mut ending) = (0, 1, None);
        loop {
            let (mut page, mut bytes) = (Vec::with_capacity(IMPORTED_AT_ONCE), 0);
            for (line, text) in lines.by_ref() {
                let text = text.map_err(|error| at(line, error))?;
                last = line;
                if ending.is_some() {
                    return Err(at(line, "the export ended in the line before"));
                }
                ending = read_ending(&text);
                if ending.is_some() {
                    continue;
                }
                bytes += text.len();
                page.push((line, text));
                if page.len() >= IMPORTED_AT_ONCE || bytes >= IMPORTED_BYTES_AT_ONCE {
                    break;
                }
            }
            if page.is_empty() {
                check_ending(ending, count).map_err(|reason| at(last, reason))?;
                return Ok(count);
            }
            count += page.len() as u64;
            self.write(move |txn| page.iter().try_for_each(|(line, text)| import_line(txn, *line, text))).await??;
        }
    }

    /// Removes everything.
    async fn clear(&self) -> Result<(), StoreError> {
        loop {
            let cleared = self.write(|txn| {
                let keys = txn.range(Key::all_data()).take(PAGE).map(|row| row.map(|(key, _)| key));
                let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
                for key in &keys {
                    txn.delete(key)?;
                }
                if keys.is_empty() {
                    txn.delete(import_key())?;
                }
                Ok::<bool, StoreError>(keys.is_empty())
            });
            if cleared.await?? {
                return Ok(());
            }
        }
    }
}

fn check_heading(line: &str) -> Result<(), String> {
    match serde_json::from_str::<Heading>(line) {
        Ok(Heading { kind, schema }) if kind == HEADING && schema <= SCHEMA => Ok(()),
        Ok(Heading { kind, schema }) if kind == HEADING => {
            Err(format!("the export is of schema {schema}, this server knows schema {SCHEMA}"))
        }
        _ => Err("this is no export of a Meadhall server".into()),
    }
}

/// How many things there are, by the last line; none for any other.
fn read_ending(line: &str) -> Option<u64> {
    // Most lines are not read twice.
    let ending = line.contains(ENDING).then(|| serde_json::from_str::<Ending>(line).ok()).flatten()?;
    (ending.kind == ENDING).then_some(ending.things)
}

fn check_ending(things: Option<u64>, found: u64) -> Result<(), String> {
    match things {
        Some(things) if things == found => Ok(()),
        Some(things) => Err(format!("the export has {things} things, and {found} are here: something is missing")),
        None => Err(format!("the export is cut off behind {found} things: its last line, {ENDING}, is missing")),
    }
}

fn import_line(txn: &mut Txn, line: u64, text: &str) -> Result<(), ImportError> {
    let mut json: Json = serde_json::from_str(text).map_err(|error| at(line, error))?;
    let kind = json.as_object_mut().and_then(|object| object.remove("kind"));
    let kind = kind.as_ref().and_then(Json::as_str).ok_or_else(|| at(line, "it has no kind"))?;
    let table = TABLES.iter().find(|table| table.kind == kind);
    let table = table.ok_or_else(|| at(line, format!("there is no kind {kind:?}")))?;
    (table.import)(txn, json).map_err(|fault| match fault {
        Fault::Record(reason) => at(line, format!("{kind}: {reason}")),
        Fault::Store(error) => ImportError::Store(error),
    })
}

fn at(line: u64, reason: impl ToString) -> ImportError {
    ImportError::Line { line, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Accounts, Credential, LoginRequest, Users};
    use crate::clock::{Environment, Timestamp};
    use crate::friend::FriendState;
    use crate::group::GroupState;
    use crate::history::{ChannelMessage, MessageCode, Sequence};
    use crate::ids::{GroupId, MessageId, UserId};
    use crate::notification::{NewNotification, Notifications};
    use crate::password::{LoginLimits, Passwords};
    use crate::revocation::Revocations;
    use crate::router::Router;
    use crate::status::Followers;
    use crate::storage::{Condition, ObjectId, Put, ReadPermission, Storage, WritePermission};
    use crate::store::StoreConfig;
    use crate::store::account::AccountRow;
    use crate::store::friend::{self, Side};
    use crate::store::read_marker::Mark;
    use crate::stream::Stream;
    use crate::tracker::Tracker;
    use std::path::Path;
    use std::sync::Arc;
    use uuid::Uuid;

    fn open(dir: &Path) -> Store {
        Store::open(dir, StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap()
    }

    async fn export(store: &Store) -> Vec<String> {
        let mut lines = Vec::new();
        let count = store
            .export(|line| {
                lines.push(line.to_owned());
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(count, lines.len() as u64 - 2);
        lines
    }

    async fn import(store: &Store, lines: &[String]) -> Result<u64, ImportError> {
        store.import(lines.iter().cloned().map(Ok)).await
    }

    /// Every row, index rows too, but for those about the store itself.
    async fn rows(store: &Store) -> Vec<(Vec<u8>, Vec<u8>)> {
        let rows = store.read(|reader| {
            let rows = reader.range(Key::all_data());
            rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec()))).collect()
        });
        rows.await.unwrap()
    }

    /// Something of every kind.
    async fn fill(store: &Store) {
        let env = Environment::system();
        let accounts = Accounts::new(
            store.clone(),
            env.clone(),
            Passwords::new(1, 1),
            LoginLimits::default(),
            Users::new(env.now(), |_| false),
        );
        let router = Router::new(Arc::new(Tracker::new("node".into(), Followers::default())));
        let sequence = Arc::new(Sequence::new(env.clone(), None));
        let notifications = Notifications::new(store.clone(), sequence, router);
        let mut users = Vec::new();
        for name in ["ann", "bob"] {
            let credential =
                Credential::Email { email: format!("{name}@example.test"), password: "correct horse".into() };
            let login = LoginRequest { credential, create: true, username: name.into(), address: None };
            let user = accounts.authenticate(login).await.unwrap().user_id;
            accounts.link(user, Credential::Device(format!("device-of-{name}"))).await.unwrap();
            accounts.link(user, Credential::Custom(format!("custom-of-{name}"))).await.unwrap();
            notifications.send(vec![gift(user, 1), gift(user, 2)]).await.unwrap();
            users.push(user);
        }
        fill_friends(store, users[0], users[1]).await;
        fill_groups(store, [users[0], users[1]]).await;
        let put = |number: usize| Put {
            id: ObjectId { collection: "saves".into(), key: number.to_string(), owner: UserId::NIL },
            value: format!("{{\"text\":\"{}\"}}", "ä\"\\n".repeat(number * 10).replace('"', "\\\"")),
            condition: Condition::Always,
            read: ReadPermission::Public,
            write: WritePermission::None,
        };
        Storage::new(store.clone(), env.clone()).write((0..PAGE + 10).map(put).collect()).await.unwrap();
        let revocations = Revocations::open(store.clone(), env).unwrap();
        let until = Timestamp::from_nanos(i64::MAX);
        revocations.revoke(Uuid::from_u128(1), until).await.unwrap();
        revocations.revoke_all(UserId::NIL, until, until, Some(Uuid::from_u128(2))).await.unwrap();
        revocations.revoke_all(UserId::new(Uuid::max()), until, until, None).await.unwrap();
        for (number, label, code) in
            [(3, "a", MessageCode::Chat), (2, "b", MessageCode::GroupBan), (1, "ab", MessageCode::Chat)]
        {
            let message = ChannelMessage {
                stream: Stream { subject: Uuid::from_u128(7), ..Stream::labelled(2, label) },
                id: MessageId::new(Uuid::from_u128(number)),
                code,
                sender_id: UserId::new(Uuid::from_u128(9)),
                username: "ann".into(),
                content: "{ \"text\": \"hello\\n\" }".into(),
                create_time: Timestamp::from_nanos(1_500_000_001),
                update_time: Timestamp::from_nanos(1_500_000_002),
                persistent: true,
            };
            let stored = store.write(move |txn| {
                let mark = Mark { message: message.id, time: message.update_time };
                super::super::read_marker::put(txn, message.sender_id, &message.stream, mark)?;
                let highest = txn.get(Key::new(crate::store::key::Tag::HighestMessage))?;
                if highest.is_some() {
                    super::super::history::replace(txn, &message)
                } else {
                    super::super::history::append(txn, &message)
                }
            });
            stored.await.unwrap().unwrap();
        }
    }

    /// Two friends, who have friends of every state besides.
    async fn fill_friends(store: &Store, ann: UserId, bob: UserId) {
        let others: Vec<_> = (1..=3).map(|number| UserId::new(Uuid::from_u128(number))).collect();
        let filled = store.write(move |txn| {
            let side = |text: &str| Side { update_time: Timestamp::from_seconds(7), metadata: text.into() };
            for (number, other) in others.iter().enumerate() {
                let account = AccountRow { username: format!("other{number}"), ..AccountRow::default() };
                super::super::account::put(txn, *other, Some(&account)).unwrap();
            }
            friend::put(txn, ann, FriendState::Friend, bob, &side("{\"from\":\"tavern\"}"))?;
            friend::put(txn, bob, FriendState::Friend, ann, &side("{\"since\" : 1}"))?;
            friend::put(txn, ann, FriendState::InviteSent, others[0], &side("{}"))?;
            friend::put(txn, others[0], FriendState::InviteReceived, ann, &side("{}"))?;
            friend::put(txn, others[1], FriendState::InviteSent, ann, &side("{ }"))?;
            friend::put(txn, ann, FriendState::InviteReceived, others[1], &side("{}"))?;
            friend::put(txn, ann, FriendState::Blocked, others[2], &side("{}"))?;
            friend::put(txn, others[2], FriendState::Blocked, ann, &side("{}"))
        });
        filled.await.unwrap().unwrap();
    }

    fn gift(user_id: UserId, code: i32) -> NewNotification {
        let (subject, content) = ("a gift".into(), "{ \"gold\": 3 }".into());
        NewNotification { user_id, subject, content, code, sender_id: UserId::NIL, persistent: true }
    }

    /// Groups with users in every state.
    async fn fill_groups(store: &Store, [ann, bob]: [UserId; 2]) {
        use crate::store::group::{GroupRow, put, set_place};
        let filled = store.write(move |txn| {
            for (number, state) in (0..).zip(GroupState::ALL) {
                let id = GroupId::new(Uuid::from_u128(number));
                let name = format!("Guild of {number} \u{e4}");
                let (lang_tag, metadata) = ("de".into(), "{}".into());
                let mut row = GroupRow { name, lang_tag, metadata, max_count: 2, ..GroupRow::default() };
                for (user, state) in [(ann, GroupState::Superadmin), (bob, state)] {
                    row.count(None, Some(state));
                    set_place(txn, id, user, None, Some(state))?;
                }
                put(txn, id, &row).unwrap();
            }
            Ok::<(), StoreError>(())
        });
        filled.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn an_import_stores_every_row_that_was_exported() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (store, copy) = (open(from.path()), open(to.path()));
        fill(&store).await;
        let lines = export(&store).await;
        for table in TABLES {
            let kind = format!("\"kind\":\"{}\"", table.kind);
            assert!(lines.iter().any(|line| line.contains(&kind)), "no line with {kind}");
        }
        assert_eq!(import(&copy, &lines).await.unwrap(), lines.len() as u64 - 2);
        assert_eq!(rows(&copy).await, rows(&store).await);
        assert_eq!(export(&copy).await, lines);
        assert!(matches!(import(&copy, &lines).await, Err(ImportError::NotEmpty)));
        assert_eq!(rows(&copy).await, rows(&store).await);
        copy.close().await;
        assert_eq!(rows(&open(to.path())).await, rows(&store).await);
    }

    #[tokio::test]
    async fn a_fault_is_named_by_its_line_and_leaves_the_store_empty() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (store, copy) = (open(from.path()), open(to.path()));
        fill(&store).await;
        let lines = export(&store).await;
        let last = lines.len() - 1;
        let account = lines.iter().find(|line| line.contains("\"kind\":\"account\"")).unwrap();
        let mut same_name: Json = serde_json::from_str(account).unwrap();
        same_name["id"] = Uuid::max().to_string().into();
        let same_name = same_name.to_string();
        let faults = [
            ("", format!("line {}: EOF while parsing a value at line 1 column 0", last + 1)),
            ("{}", format!("line {}: it has no kind", last + 1)),
            ("[]", format!("line {}: it has no kind", last + 1)),
            ("{\"kind\":\"dragon\"}", format!("line {}: there is no kind \"dragon\"", last + 1)),
            ("{\"kind\":\"revoked_token\"}", format!("line {}: revoked_token: missing field `token_id`", last + 1)),
            (account, format!("line {}: account: account ", last + 1)),
            (&same_name, format!("line {}: account: Username(\"", last + 1)),
        ];
        for (line, text) in faults {
            let mut lines = lines.clone();
            lines.insert(last, line.to_owned());
            let error = import(&copy, &lines).await.unwrap_err().to_string();
            assert!(error.starts_with(&text), "{error:?} is not {text:?}");
            assert_eq!(rows(&copy).await, []);
        }
        let things = last - 1;
        let (one_less, twice) = ([&lines[..last - 1], &lines[last..]].concat(), [&lines[..], &lines[last..]].concat());
        for (lines, text) in [
            (
                &lines[..4],
                "line 4: the export is cut off behind 3 things: its last line, meadhall_export_end, is missing".into(),
            ),
            (
                &lines[..1],
                "line 1: the export is cut off behind 0 things: its last line, meadhall_export_end, is missing".into(),
            ),
            (
                &one_less,
                format!(
                    "line {last}: the export has {things} things, and {} are here: something is missing",
                    things - 1
                ),
            ),
            (&twice, format!("line {}: the export ended in the line before", last + 2)),
        ] {
            assert_eq!(import(&copy, lines).await.unwrap_err().to_string(), text);
            assert_eq!(rows(&copy).await, []);
        }
        let later = lines[0].replace("\"schema\":1", "\"schema\":2");
        for (heading, text) in [
            (later.as_str(), "line 1: the export is of schema 2, this server knows schema 1"),
            ("hello", "line 1: this is no export of a Meadhall server"),
        ] {
            assert_eq!(import(&copy, &[heading.to_owned()]).await.unwrap_err().to_string(), text);
        }
        assert_eq!(import(&copy, &[]).await.unwrap_err().to_string(), "line 1: this is no export of a Meadhall server");
        import(&copy, &lines).await.unwrap();
        assert_eq!(rows(&copy).await, rows(&store).await);
    }

    #[tokio::test]
    async fn a_folder_with_half_an_import_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.begin_import().await.unwrap();
        store.close().await;
        let error = Store::open(dir.path(), StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap_err();
        assert_eq!(error, crate::OpenError::ImportUnfinished(dir.path().into()));
    }
}
