use super::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The functions that `wit/` offers to guests, as `interface.function`.
fn offered() -> BTreeSet<String> {
    let wit = repository().join("wit");
    let world = read(&wit.join("world.wit"));
    let (_, imports) = world.split_once("world imports {").unwrap();
    let (imports, _) = imports.split_once('}').unwrap();
    let interfaces = imports.lines().filter_map(|line| line.trim().strip_prefix("import ")?.strip_suffix(';'));
    let mut functions = BTreeSet::new();
    for interface in interfaces.map(|name| name.trim_start_matches('%')) {
        let text = read(&wit.join(format!("{interface}.wit")));
        for (name, _) in text.lines().filter_map(|line| line.split_once(": func(")) {
            functions.insert(format!("{interface}.{}", name.trim().trim_start_matches('%')));
        }
    }
    functions
}

fn seeds() -> Vec<PathBuf> {
    let folder = repository().join("fuzz/seeds/host_calls");
    let mut seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    seeds
}

#[test]
fn every_function_of_the_contract_is_called() {
    let known: BTreeSet<String> = FUNCTIONS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(known, offered(), "fuzz/calls.rs calls what wit/ offers, no more and no less");
}

#[test]
fn the_seeds_break_nothing_and_every_function_succeeds_in_one_of_them() {
    let stage = Stage::new();
    let mut succeeded = BTreeSet::new();
    for seed in seeds() {
        let script = fs::read(&seed).unwrap();
        let lines = String::from_utf8(script.clone()).unwrap().lines().filter(|line| !line.starts_with('#')).count();
        assert!(lines <= CALLS_MAX, "{} is longer than what is played", seed.display());
        stage.play(&script, |played| {
            assert!(played.argument_bytes <= ARGUMENT_BYTES);
            if played.succeeded {
                succeeded.insert(played.function);
            }
        });
    }
    // What is granted to nobody here.
    succeeded.extend(["file.list", "file.read", "http.send"]);
    let missing: Vec<_> = FUNCTIONS.iter().filter(|name| !succeeded.contains(**name)).collect();
    assert!(missing.is_empty(), "no seed has a call of these that succeeds: {missing:?}");
}

#[test]
fn any_bytes_are_a_script() {
    let stage = Stage::new();
    let mut functions = Vec::new();
    stage.play(b"\xff\xfe\t@ann\n\n\t\t\nnonsense\t@@\t@nobody#*9,\n", |played| functions.push(played.function));
    assert_eq!(functions.len(), 3);
    stage.play(b"", |_| panic!("there is nothing to call"));
}

#[tokio::test]
async fn words_become_arguments() {
    let scene = Scene::new().await;
    let ann = scene.names.get("ann").unwrap().to_owned();
    let read = |line| Arguments::new(line, &scene.names);
    assert_eq!(read("hi @ann @who #").text(), format!("hi {ann} @who #"));
    assert_eq!(read("a,@ann*2,").texts(), ["a", &ann, &ann, ""]);
    assert_eq!(read("").texts(), [""; 0]);
    let mut line = read("-\t7\ttrue\t-3");
    assert_eq!(line.maybe(Arguments::text), None);
    assert_eq!((line.number::<u32>(), line.flag(), line.number::<i64>()), (7, true, -3));
    let mut line = read("2\tk#\tv\tafter");
    assert_eq!(line.pairs(), [("k0".into(), "v".into()), ("k1".into(), "v".into())]);
    assert_eq!(line.text(), "after");
    let mut line = read("@huge\t@huge\tmore");
    assert_eq!(line.text().len() + line.text().len() + line.text().len(), ARGUMENT_BYTES);
    assert_eq!(line.taken(), ARGUMENT_BYTES);
}

#[test]
fn an_error_that_no_client_can_be_shown_is_found() {
    let error = |code, message: &str| Error { code, message: message.into() };
    sound("x.y", &error(3, "the mead is gone"));
    for bad in [error(0, "x"), error(17, "x"), error(3, " "), error(3, "a\nb"), error(3, &"x".repeat(ERROR_BYTES + 1))]
    {
        assert!(std::panic::catch_unwind(|| sound("x.y", &bad)).is_err(), "{bad:?}");
    }
}
