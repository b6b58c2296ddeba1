//! The pages, and what stands in them. `build.rs` and the tests read them with this one module.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::fs;
use std::path::{Path, PathBuf};

/// The kind of block that belongs to the end of its page's first one in the same language.
pub const ADDED: &str = "added";

/// Pages outside of `docs/`. `meadhall plugin new` writes those of the templates.
const PAGES: [&str; 7] = [
    "README.md",
    "guest-sdk/README.md",
    "guest-sdk/js/README.md",
    "guest-sdk/python/README.md",
    "host/server/src/cli/plugin/rust/README.md",
    "host/server/src/cli/plugin/js/README.md",
    "host/server/src/cli/plugin/python/README.md",
];

/// A page of the documentation.
#[derive(Debug)]
pub struct Page {
    /// From the root of the repository, such as `docs/rust.md`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A fenced or indented block of code.
#[derive(Debug)]
pub struct Block {
    /// Such as `docs/rust.md:12`.
    pub place: String,
    /// The first word behind the fence, which is the language; none for an indented block.
    pub language: Option<String>,
    /// The second word behind the fence: what kind of text in that language.
    pub role: Option<String>,
    /// The code.
    pub code: String,
}

/// A cell of a table that says what calls of another server's runtime are here: one whose first column is headed `Go`.
#[derive(Debug)]
pub struct Cell {
    /// Such as `docs/from-nakama.md:40`.
    pub place: String,
    /// The column's heading.
    pub column: String,
    /// One piece of code in it.
    pub code: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All pages: those in `docs/`, and READMEs.
pub fn pages() -> Vec<Page> {
    let root = root();
    let listed = fs::read_dir(root.join("docs")).expect("docs/ can be read");
    let names =
        listed.map(|entry| entry.expect("docs/ can be read").file_name().into_string().expect("names are text"));
    let mut paths: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    paths.sort();
    paths.extend(PAGES.map(str::to_owned));
    paths.into_iter().map(|path| Page { text: read(&root.join(&path)), path }).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}

impl Page {
    fn events(&self) -> impl Iterator<Item = (Event<'_>, String)> {
        let events = Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter();
        events.map(|(event, range)| {
            let line = self.text[..range.start].lines().count() + usize::from(self.text[..range.start].ends_with('\n'));
            (event, format!("{}:{}", self.path, line.max(1)))
        })
    }

    /// The blocks of code, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (event, place) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => Some(info.to_string()),
                        CodeBlockKind::Indented => None,
                    };
                    let mut words = info.iter().flat_map(|info| info.split([' ', ','])).filter(|word| !word.is_empty());
                    let (language, role) = (words.next().map(str::to_owned), words.next().map(str::to_owned));
                    let language = language.or_else(|| info.as_ref().map(|_| String::new()));
                    open = Some(Block { place, language, role, code: String::new() });
                }
                Event::Text(text) => open.iter_mut().for_each(|block| block.code.push_str(&text)),
                Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
                _ => {}
            }
        }
        blocks
    }

    /// The files that the blocks of a language are: a reader who is told to add a block has it at the end of the first.
    pub fn programs(&self, language: &str) -> Vec<Block> {
        let mut programs: Vec<Block> = Vec::new();
        for block in self.blocks().into_iter().filter(|block| block.language.as_deref() == Some(language)) {
            match programs.first_mut().filter(|_| block.role.as_deref() == Some(ADDED)) {
                Some(program) => program.code.extend(["\n", &block.code]),
                None => programs.push(block),
            }
        }
        programs
    }

    /// The code in the cells of such tables, in the columns with these headings.
    pub fn cells(&self, columns: &[&str]) -> Vec<Cell> {
        let (mut headings, mut cells) = (Vec::new(), Vec::new());
        let (mut in_head, mut column, mut heading) = (false, 0, String::new());
        for (event, place) in self.events() {
            match event {
                Event::Start(Tag::TableHead) => (in_head, headings) = (true, Vec::new()),
                Event::End(TagEnd::TableHead) => in_head = false,
                Event::Start(Tag::TableRow) => column = 0,
                Event::End(TagEnd::TableCell) if in_head => headings.push(std::mem::take(&mut heading)),
                Event::End(TagEnd::TableCell) => column += 1,
                Event::Text(text) if in_head => heading.push_str(&text),
                Event::Code(code) if !in_head => {
                    let compares = headings.first().is_some_and(|heading| heading == "Go");
                    let named = headings.get(column).filter(|heading| compares && columns.contains(&heading.as_str()));
                    cells.extend(named.map(|column| Cell { place, column: column.clone(), code: code.to_string() }));
                }
                Event::End(TagEnd::Table) => headings.clear(),
                _ => {}
            }
        }
        cells
    }

    /// Where links lead, and where each stands.
    pub fn links(&self) -> Vec<(String, String)> {
        let link = |(event, place)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((dest_url.to_string(), place))
            }
            _ => None,
        };
        self.events().filter_map(link).collect()
    }

    /// The anchors that headings are reached by, as GitHub makes them.
    pub fn anchors(&self) -> Vec<String> {
        let (mut anchors, mut heading) = (Vec::new(), None::<String>);
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|heading| heading.push_str(&text)),
                Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|heading| anchor(&heading))),
                _ => {}
            }
        }
        anchors
    }
}

/// A name for the file of a snippet that says where it is from: `docs_python_md_12`.
pub fn module_name(place: &str) -> String {
    place.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '_' }).collect()
}

/// Lower case, words with `-` between them, and no other signs.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}
