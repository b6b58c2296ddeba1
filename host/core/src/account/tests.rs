//! Tests of accounts on a real store: the rules of the wire, restarts, and a random walk against a plain model.

use super::*;
use crate::clock::{ManualClock, Timestamp};
use crate::store::StoreConfig;
use crate::store::key::{Key, Tag};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const LIMITS: LoginLimits =
    LoginLimits { failures_per_account: 3, failures_per_address: 100, failure_window: Duration::from_secs(60) };

struct World {
    accounts: Accounts,
    clock: Arc<ManualClock>,
}

fn open(dir: &Path) -> World {
    let store = Store::open(dir, StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_nanos(1_700_000_000_900_000_000)));
    let env = Environment::seeded(clock.clone(), 1);
    let users = Users::new(env.now(), |_| false);
    World { accounts: Accounts::new(store, env, Passwords::new(2, 64), LIMITS, users), clock }
}

fn device(id: &str) -> Credential {
    Credential::Device(id.into())
}

fn custom(id: &str) -> Credential {
    Credential::Custom(id.into())
}

fn email(email: &str, password: &str) -> Credential {
    Credential::Email { email: email.into(), password: password.into() }
}

impl World {
    async fn log_in(&self, credential: Credential, create: bool, username: &str) -> Result<Login, AccountError> {
        let address = Some([192, 0, 2, 1].into());
        self.accounts.authenticate(LoginRequest { credential, create, username: username.into(), address }).await
    }

    async fn make(&self, name: &str) -> UserId {
        let login = self.log_in(device(&format!("device-of-{name}")), true, name).await.unwrap();
        assert!(login.created);
        login.user_id
    }
}

#[tokio::test]
async fn a_device_makes_an_account_once_and_logs_in_to_it_after() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path());
    let ann = world.log_in(device("device-0000001"), true, "ann").await.unwrap();
    assert_eq!((ann.created, ann.username.as_str()), (true, "ann"));
    let again = Login { created: false, ..ann.clone() };
    assert_eq!(world.log_in(device("device-0000001"), true, "other").await, Ok(again.clone()));
    assert_eq!(world.log_in(device("device-0000001"), false, "").await, Ok(again.clone()));
    assert_eq!(world.log_in(device("device-unknown-1"), false, "").await, Err(AccountError::NotFound));
    assert_eq!(world.log_in(device("device-0000003"), true, "ann").await, Err(AccountError::UsernameTaken));
    let made_up = world.log_in(device("device-0000002"), true, "").await.unwrap().username;
    assert!(made_up.len() == 10 && made_up.chars().all(|c| c.is_ascii_alphabetic()), "{made_up}");

    let account = world.accounts.get(ann.user_id).await.unwrap();
    world.accounts.store.close().await;
    let world = open(dir.path());
    assert_eq!(world.log_in(device("device-0000001"), true, "").await, Ok(again));
    assert_eq!(world.accounts.get(ann.user_id).await, Ok(account.clone()));
    assert_eq!(account.devices, ["device-0000001"]);
    assert_eq!((account.user.lang_tag.as_str(), account.user.metadata.as_str()), ("en", "{}"));
    assert_eq!(account.user.create_time, Timestamp::from_seconds(1_700_000_000));
}

#[tokio::test]
async fn logins_that_are_not_valid_are_refused_with_the_texts_of_the_wire() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path());
    let (d129, u129, e256) = ("d".repeat(129), "u".repeat(129), format!("{}@example.test", "e".repeat(243)));
    let good = "correct horse";
    let refused = [
        (device(""), "", 3, "Device ID is required."),
        (device("abcdefghi"), "", 3, "Device ID invalid, must be 10-128 bytes."),
        (device(&d129), "", 3, "Device ID invalid, must be 10-128 bytes."),
        (device("device with space"), "", 3, "Device ID invalid, no spaces or control characters allowed."),
        (device("device\u{1}control"), "", 3, "Device ID invalid, no spaces or control characters allowed."),
        (device("device-0000005"), &u129, 3, "Username invalid, must be 1-128 bytes."),
        (device("device-0000005"), "a\nb", 3, "Username invalid, no spaces or control characters allowed."),
        (custom(""), "", 3, "Custom ID is required."),
        (custom("abcde"), "", 3, "Custom ID invalid, must be 6-128 bytes."),
        (custom("custom with space"), "", 3, "Custom ID invalid, no spaces or control characters allowed."),
        (email("", good), "", 3, "Username is required when email address is not supplied."),
        (email("", good), "nobody", 5, "User account not found."),
        (email("ann@example.test", ""), "", 3, "Password must be at least 8 characters long."),
        (email("ann@example.test", "1234567"), "", 3, "Password must be at least 8 characters long."),
        (email("not an address", good), "", 3, "Invalid email address, no spaces or control characters allowed."),
        (email("nothing.example.test", good), "", 3, "Invalid email address format."),
        (email("a@b.c", good), "", 3, "Invalid email address, must be 10-255 bytes."),
        (email(&e256, good), "", 3, "Invalid email address, must be 10-255 bytes."),
    ];
    for (credential, username, code, text) in refused {
        let error = world.log_in(credential, true, username).await.unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, text));
    }
    let rows = world.accounts.store.read(|reader| Ok(reader.range(Key::new(Tag::Account).range()).count())).await;
    assert_eq!(rows, Ok(0), "an account was made");
    for (number, name) in ["a b", "züri", &"u".repeat(128)].into_iter().enumerate() {
        let made = world.log_in(device(&format!("device-000{number}")), true, name).await.unwrap();
        assert_eq!((made.username.as_str(), made.created), (name, true));
    }
}

#[tokio::test]
async fn an_email_logs_in_with_its_password_or_the_username_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path());
    let ann = world.log_in(email("ann@example.test", "correct horse"), true, "ann").await.unwrap();
    let again = Login { created: false, ..ann.clone() };
    assert_eq!(world.log_in(email("ANN@Example.test", "correct horse"), false, "").await, Ok(again.clone()));
    assert_eq!(world.log_in(email("", "correct horse"), false, "ann").await, Ok(again));
    for (credential, name) in [(email("ann@example.test", "wrong horse"), ""), (email("", "wrong horse"), "ann")] {
        assert_eq!(world.log_in(credential, true, name).await, Err(AccountError::InvalidCredentials));
    }
    let unknown = world.log_in(email("nobody@example.test", "correct horse"), false, "").await;
    assert_eq!(unknown, Err(AccountError::NotFound));
    world.make("bob").await;
    let no_password = world.log_in(email("", "correct horse"), false, "bob").await;
    assert_eq!(no_password, Err(AccountError::InvalidCredentials));
    assert_eq!(world.accounts.get(ann.user_id).await.unwrap().email.as_deref(), Some("ann@example.test"));
}

#[tokio::test]
async fn too_many_wrong_passwords_lock_an_account_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path());
    world.log_in(email("ann@example.test", "correct horse"), true, "ann").await.unwrap();
    for _ in 0..LIMITS.failures_per_account {
        let wrong = world.log_in(email("ann@example.test", "wrong horse"), false, "").await;
        assert_eq!(wrong, Err(AccountError::InvalidCredentials));
    }
    let right = email("ann@example.test", "correct horse");
    assert_eq!(world.log_in(right.clone(), false, "").await, Err(AccountError::LockedOut));
    world.clock.set(Timestamp::from_seconds(1_700_000_061));
    assert!(world.log_in(right, false, "").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_make_the_same_account_at_once_get_one() {
    let dir = tempfile::tempdir().unwrap();
    let world = Arc::new(open(dir.path()));
    let logins = |credential: Credential| {
        let tasks = (0..8).map(|_| {
            let (world, credential) = (world.clone(), credential.clone());
            tokio::spawn(async move { world.log_in(credential, true, "").await.unwrap() })
        });
        tasks.collect::<Vec<_>>()
    };
    for credential in [device("device-0000001"), email("ann@example.test", "correct horse")] {
        let (mut ids, mut created) = (HashSet::new(), 0);
        for login in logins(credential) {
            let login = login.await.unwrap();
            ids.insert(login.user_id);
            created += usize::from(login.created);
        }
        assert_eq!((ids.len(), created), (1, 1));
    }
}

#[tokio::test]
async fn credentials_are_linked_and_taken_away_but_for_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path());
    let (ann, bob) = (world.make("ann").await, world.make("bob").await);
    let accounts = &world.accounts;
    accounts.link(bob, custom("custom-1")).await.unwrap();
    accounts.link(bob, email("bob@example.test", "correct horse")).await.unwrap();

    accounts.link(ann, device("device-link-1")).await.unwrap();
    accounts.link(ann, device("device-link-1")).await.unwrap();
    accounts.link(ann, custom("custom-old")).await.unwrap();
    accounts.link(ann, custom("custom-new")).await.unwrap();
    let taken = [
        (custom("custom-1"), AccountError::CustomIdTaken),
        (email("BOB@example.test", "correct horse"), AccountError::EmailTaken),
        (device("device-of-bob"), AccountError::DeviceTaken),
        (email("", "correct horse"), AccountError::EmailAndPasswordRequired),
        (device("short"), AccountError::DeviceLength),
    ];
    for (credential, error) in taken {
        assert_eq!(accounts.link(ann, credential).await, Err(error));
    }
    let account = accounts.get(ann).await.unwrap();
    assert_eq!(account.devices, ["device-of-ann", "device-link-1"]);
    assert_eq!(account.custom_id.as_deref(), Some("custom-new"));
    assert_eq!(world.log_in(custom("custom-old"), false, "").await, Err(AccountError::NotFound));

    let last = Err(AccountError::LastCredential);
    assert_eq!(accounts.unlink(ann, custom("custom-1")).await, last);
    accounts.unlink(ann, custom("custom-new")).await.unwrap();
    accounts.unlink(ann, device("device-of-ann")).await.unwrap();
    assert_eq!(accounts.unlink(ann, device("device-link-1")).await, last);
    accounts.unlink(bob, email("Bob@example.test", "")).await.unwrap();
    assert_eq!(world.log_in(email("", "correct horse"), false, "bob").await, Err(AccountError::InvalidCredentials));
    accounts.link(ann, custom("custom-old")).await.unwrap();
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_checks_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path());
    let (ann, _) = (world.make("ann").await, world.make("bob").await);
    let text = |text: &str| Some(text.to_owned());
    let before = world.accounts.get(ann).await.unwrap();
    let none = AccountUpdate::default();
    let refused = [
        (none.clone(), "No fields to update."),
        (
            AccountUpdate { username: text("bob"), location: text("Bern"), ..none.clone() },
            "Username is already in use.",
        ),
        (AccountUpdate { username: text(""), ..none.clone() }, "Username invalid, must be 1-128 bytes."),
        (AccountUpdate { metadata: text("[]"), ..none.clone() }, "metadata must be a JSON object"),
        (
            AccountUpdate { lang_tag: text(&"l".repeat(19)), ..none.clone() },
            "lang_tag is 19 characters, the limit is 18",
        ),
        (
            AccountUpdate { avatar_url: text(&"u".repeat(513)), ..none.clone() },
            "avatar_url is 513 characters, the limit is 512",
        ),
    ];
    for (update, error) in refused {
        assert_eq!(world.accounts.update(ann, update).await.unwrap_err().to_string(), error);
    }
    assert_eq!(world.accounts.get(ann).await.unwrap(), before);

    world.clock.set(Timestamp::from_seconds(1_800_000_000));
    let update =
        AccountUpdate {
            username: text("anna"), display_name: text("Zoë 🦊 李"), metadata: text("{\"a\":1}"), ..none
        };
    world.accounts.update(ann, update).await.unwrap();
    let mut expected = before.user.clone();
    (expected.username, expected.display_name, expected.metadata) =
        ("anna".into(), "Zoë 🦊 李".into(), "{\"a\":1}".into());
    expected.update_time = Timestamp::from_seconds(1_800_000_000);
    assert_eq!(world.accounts.get(ann).await.unwrap().user, expected);
    world.log_in(device("device-other"), true, "ann").await.unwrap();
    let gone =
        world.accounts.update(UserId::NIL, AccountUpdate { location: text("x"), ..AccountUpdate::default() }).await;
    assert_eq!(gone, Err(AccountError::NotFound));
}

#[tokio::test]
async fn users_are_found_once_by_id_or_name_in_the_order_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path());
    let (ann, bob) = (world.make("ann").await, world.make("bob").await);
    let unknown = UserId::new(uuid::Uuid::from_u128(9));
    let names = ["bob", "ann", "ANN", "nobody"].map(String::from).to_vec();
    let users = world.accounts.users(vec![bob, unknown, bob, UserId::NIL], names).await.unwrap();
    let found: Vec<_> = users.iter().map(|user| (user.id, user.username.as_str())).collect();
    assert_eq!(found, [(bob, "bob"), (UserId::NIL, ""), (ann, "ann")]);
}

/// What a random walk does.
#[derive(Clone, Debug)]
enum Step {
    Make(u8, u8),
    Link(u8, u8),
    Unlink(u8, u8),
    Rename(u8, u8),
    Delete(u8),
    Restart,
}

/// A credential of a few.
fn credential(number: u8) -> Credential {
    if number.is_multiple_of(2) {
        device(&format!("device-000{number}"))
    } else {
        custom(&format!("custom-000{number}"))
    }
}

/// What an account has, to a plain eye: its name, devices and custom id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Plain {
    name: u8,
    credentials: Vec<u8>,
}

#[derive(Debug, Default)]
struct Model(BTreeMap<UserId, Plain>);

impl Model {
    fn owner(&self, credential: u8) -> Option<UserId> {
        self.0.iter().find(|(_, plain)| plain.credentials.contains(&credential)).map(|(id, _)| *id)
    }

    fn named(&self, name: u8) -> Option<UserId> {
        self.0.iter().find(|(_, plain)| plain.name == name).map(|(id, _)| *id)
    }

    fn nth(&self, number: u8) -> UserId {
        self.0.keys().nth(usize::from(number) % self.0.len().max(1)).copied().unwrap_or(UserId::new(uuid::Uuid::max()))
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let few = 0..6_u8;
    let step = prop_oneof![
        4 => (few.clone(), few.clone()).prop_map(|(credential, name)| Step::Make(credential, name)),
        3 => (few.clone(), few.clone()).prop_map(|(user, credential)| Step::Link(user, credential)),
        3 => (few.clone(), few.clone()).prop_map(|(user, credential)| Step::Unlink(user, credential)),
        2 => (few.clone(), few.clone()).prop_map(|(user, name)| Step::Rename(user, name)),
        1 => few.prop_map(Step::Delete),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..30)
}

async fn walk(steps: Vec<Step>) {
    let dir = tempfile::tempdir().unwrap();
    let mut world = open(dir.path());
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Make(number, name) => {
                let made = world.log_in(credential(number), true, &format!("name{name}")).await;
                match (model.owner(number), model.named(name)) {
                    (Some(owner), _) => {
                        assert_eq!(made.map(|login| (login.user_id, login.created)), Ok((owner, false)))
                    }
                    (None, Some(_)) => assert_eq!(made, Err(AccountError::UsernameTaken)),
                    (None, None) => {
                        drop(model.0.insert(made.unwrap().user_id, Plain { name, credentials: vec![number] }))
                    }
                }
            }
            Step::Link(user, number) => {
                let (user, owner) = (model.nth(user), model.owner(number));
                let linked = world.accounts.link(user, credential(number)).await;
                match (model.0.get_mut(&user), owner) {
                    (None, _) => assert_eq!(linked, Err(AccountError::NotFound)),
                    (Some(_), Some(owner)) if owner != user => assert!(linked.is_err()),
                    (Some(_), Some(_)) => assert_eq!(linked, Ok(())),
                    (Some(plain), None) => {
                        assert_eq!(linked, Ok(()));
                        // There is one custom id, and any number of devices.
                        plain.credentials.retain(|old| number.is_multiple_of(2) || old.is_multiple_of(2));
                        plain.credentials.push(number);
                    }
                }
            }
            Step::Unlink(user, number) => {
                let user = model.nth(user);
                let unlinked = world.accounts.unlink(user, credential(number)).await;
                match model.0.get_mut(&user) {
                    Some(plain) if plain.credentials.len() > 1 && plain.credentials.contains(&number) => {
                        assert_eq!(unlinked, Ok(()));
                        plain.credentials.retain(|old| *old != number);
                    }
                    Some(_) => assert_eq!(unlinked, Err(AccountError::LastCredential)),
                    None => assert_eq!(unlinked, Err(AccountError::NotFound)),
                }
            }
            Step::Rename(user, name) => {
                let (user, owner) = (model.nth(user), model.named(name));
                let username = Some(format!("name{name}"));
                let renamed = world.accounts.update(user, AccountUpdate { username, ..AccountUpdate::default() }).await;
                match (model.0.get_mut(&user), owner) {
                    (None, _) => assert_eq!(renamed, Err(AccountError::NotFound)),
                    (Some(_), Some(owner)) if owner != user => assert_eq!(renamed, Err(AccountError::UsernameTaken)),
                    (Some(plain), _) => {
                        assert_eq!(renamed, Ok(()));
                        plain.name = name;
                    }
                }
            }
            Step::Delete(user) => {
                let user = model.nth(user);
                world.accounts.store.write(move |txn| put(txn, user, None)).await.unwrap().unwrap();
                model.0.remove(&user);
            }
            Step::Restart => {
                world.accounts.store.close().await;
                world = open(dir.path());
                // A new seed would repeat the ids of the first run.
                world.accounts.env = Environment::system();
            }
        }
        compare(&world, &model).await;
    }
}

/// Accounts and index rows say the same as the model, and nothing more.
async fn compare(world: &World, model: &Model) {
    for (id, plain) in &model.0 {
        let account = world.accounts.get(*id).await.unwrap();
        assert_eq!(account.user.username, format!("name{}", plain.name));
        assert_eq!(account.devices.len() + usize::from(account.custom_id.is_some()), plain.credentials.len());
        for number in &plain.credentials {
            let login = world.log_in(credential(*number), false, "").await.unwrap();
            assert_eq!(login.user_id, *id);
        }
    }
    let count = |tag| world.accounts.store.read(move |reader| Ok(reader.range(Key::new(tag).range()).count()));
    let of_kind = |is_device: bool| {
        model
            .0
            .values()
            .flat_map(|plain| &plain.credentials)
            .filter(|number| number.is_multiple_of(2) == is_device)
            .count()
    };
    assert_eq!(count(Tag::Account).await, Ok(model.0.len()));
    assert_eq!(count(Tag::Username).await, Ok(model.0.len()));
    assert_eq!(count(Tag::Device).await, Ok(of_kind(true)));
    assert_eq!(count(Tag::Custom).await, Ok(of_kind(false)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn accounts_and_their_indexes_agree_with_a_plain_model(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(walk(steps));
    }
}
