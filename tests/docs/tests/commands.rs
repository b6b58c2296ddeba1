//! Command lines: those of `meadhall` by its own parser, and no program that a page does not say how to install.

use meadhall_docs::markdown::{Block, pages, root};

/// What else may be typed: what the tools of each language install, and what every shell has.
const PROGRAMS: [&str; 16] = [
    "cargo", "cat", "cd", "cp", "curl", "echo", "export", "kill", "mkdir", "mv", "node", "npm", "printf", "python3",
    "rustup", "source",
];

#[test]
fn commands_are_those_of_meadhall() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for block in pages().iter().flat_map(|page| page.blocks()).filter(is_commands) {
        // An indented block may be anything, but what begins with one of our names is a command.
        let lines = block.code.replace("\\\n", " ");
        for line in lines.lines().filter(|line| block.language.is_some() || line.starts_with("meadhall ")) {
            for words in commands(line) {
                checked += usize::from(words[0] == "meadhall");
                if let Some(problem) = problem(&words) {
                    wrong.push(format!("{}: `{}`: {problem}", block.place, words.join(" ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 0, "no page has a command of ours");
}

fn is_commands(block: &Block) -> bool {
    block.language.as_deref().is_none_or(|language| language == "sh")
}

/// The commands of a line, as words; without comments, and without what is set before a command.
fn commands(line: &str) -> Vec<Vec<String>> {
    let words = shlex::split(line).unwrap_or_else(|| panic!("`{line}` has quotes that do not end"));
    let is_end = |word: &String| ["&&", "||", "|", ";", "&"].contains(&word.as_str());
    let without_settings = |words: &[String]| -> Vec<String> {
        let is_setting = |word: &&String| word.split_once('=').is_some_and(|(name, _)| is_variable(name));
        words.iter().skip_while(is_setting).cloned().collect()
    };
    words.split(is_end).map(without_settings).filter(|words| !words.is_empty()).collect()
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '_')
}

fn problem(words: &[String]) -> Option<String> {
    match words[0].as_str() {
        "meadhall" => meadhall::cli::command().try_get_matches_from(words).err().map(|error| error.to_string()),
        "cargo" if words.get(1).is_some_and(|word| word == "xtask") => xtask_problem(words.get(2)?),
        // A program of the plugin's own folder, such as `.venv/bin/pip`.
        program if PROGRAMS.contains(&program) || program.starts_with('.') => None,
        _ => Some("no page says where this program comes from".to_owned()),
    }
}

/// What `cargo xtask` can do stands in its usage.
fn xtask_problem(command: &str) -> Option<String> {
    let source = std::fs::read_to_string(root().join("xtask/src/main.rs")).expect("xtask is there");
    let known = source.lines().any(|line| line.trim_start().split(' ').next() == Some(command));
    (!known).then(|| format!("cargo xtask has no command {command:?}"))
}

#[test]
fn what_is_no_command_is_found() {
    let check = |line: &str, is_right: bool| {
        let problems: Vec<_> = commands(line).iter().filter_map(|words| problem(words)).collect();
        assert_eq!(problems.is_empty(), is_right, "{line}: {problems:?}");
    };
    check("cd hello && meadhall plugin build    # a comment", true);
    check("KEY=abc meadhall plugin list --json | cat", true);
    check("meadhall plugin new hello --lang lua", false);
    check("meadhall plugin nwe hello", false);
    check("meadhall serve --wacth", false);
    check("cargo xtask test", true);
    check("cargo xtask tset", false);
    check("brew install meadhall", false);
}
