//! A content folder as a test edits it: facts as tables, texts as front matter and body.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// A content folder, with the one it was copied from and a place for what is taken out for a while.
pub(crate) struct Content {
    root: PathBuf,
    pristine: PathBuf,
    parked: PathBuf,
}

/// A text file in two parts.
pub(crate) struct Text {
    pub(crate) front: Table,
    pub(crate) body: String,
}

impl Content {
    /// The folder at `root` as it is now; its state is kept beside it.
    pub(crate) fn new(root: PathBuf) -> Self {
        let beside = |name: &str| root.with_file_name(name);
        let (pristine, parked) = (beside("pristine"), beside("parked"));
        copy(&root, &pristine);
        Self { root, pristine, parked }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Ids of the things of a kind: `products`, `categories`, `pages`.
    pub(crate) fn ids(&self, kind: &str) -> Vec<String> {
        names(&self.root.join(kind))
            .into_iter()
            .filter(|name| self.root.join(kind).join(name).is_dir())
            .collect()
    }

    /// Languages that a thing has a text in.
    pub(crate) fn langs(&self, kind: &str, id: &str) -> Vec<String> {
        let files = names(&self.root.join(kind).join(id));
        files.iter().filter_map(|file| file.strip_suffix(".md")).map(str::to_owned).collect()
    }

    /// Names of the files of a folder.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        names(&self.root.join(folder))
    }

    pub(crate) fn table(&self, file: &str) -> Table {
        let text = fs::read_to_string(self.root.join(file)).unwrap_or_default();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub(crate) fn put_table(&self, file: &str, table: &Table) {
        fs::write(self.root.join(file), toml::to_string(table).unwrap()).unwrap();
    }

    pub(crate) fn text(&self, file: &str) -> Text {
        let text = fs::read_to_string(self.root.join(file)).unwrap_or_default();
        let parts = text.strip_prefix("+++\n").and_then(|rest| rest.split_once("+++\n"));
        let (front, body) = parts.unwrap_or_else(|| panic!("{file} has no front matter"));
        Text { front: toml::from_str(front).unwrap(), body: body.to_owned() }
    }

    pub(crate) fn put_text(&self, file: &str, text: &Text) {
        let front = toml::to_string(&text.front).unwrap();
        fs::write(self.root.join(file), format!("+++\n{front}+++\n{}", text.body)).unwrap();
    }

    pub(crate) fn raw(&self, file: &str) -> Vec<u8> {
        fs::read(self.root.join(file)).unwrap()
    }

    pub(crate) fn put_raw(&self, file: &str, bytes: &[u8]) {
        fs::write(self.root.join(file), bytes).unwrap();
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Copies a thing's folder to another id.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        copy(&self.root.join(from), &self.root.join(to));
    }

    /// Takes a file or folder out, to be brought back by [`Content::bring_back`].
    pub(crate) fn park(&self, path: &str) {
        let place = self.parked.join(path);
        remove(&place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::rename(self.root.join(path), place).unwrap();
    }

    /// What is parked of a folder, and not just a text of what is there.
    pub(crate) fn parked(&self, folder: &str) -> Vec<String> {
        let names = names(&self.parked.join(folder));
        names.into_iter().filter(|name| !self.has(&format!("{folder}/{name}"))).collect()
    }

    pub(crate) fn bring_back(&self, path: &str) {
        remove(&self.root.join(path));
        fs::rename(self.parked.join(path), self.root.join(path)).unwrap();
    }

    /// Makes a file or folder what it was in the beginning; one that was not there goes.
    pub(crate) fn restore(&self, path: &str) {
        remove(&self.root.join(path));
        let from = self.pristine.join(path);
        if from.is_dir() {
            copy(&from, &self.root.join(path));
        } else if from.is_file() {
            fs::copy(from, self.root.join(path)).unwrap();
        }
    }

    /// A copy of the whole folder beside it.
    pub(crate) fn snapshot(&self, name: &str) -> PathBuf {
        let to = self.root.with_file_name(name);
        remove(&to);
        copy(&self.root, &to);
        to
    }

    /// Makes the whole folder what a snapshot holds.
    pub(crate) fn reset(&self, snapshot: &Path) {
        remove(&self.root);
        copy(snapshot, &self.root);
    }
}

/// A list of strings of a table; empty if there is none.
pub(crate) fn strings(table: &Table, key: &str) -> Vec<String> {
    let items = table.get(key).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Sets a list of strings; an empty one is left out.
pub(crate) fn set_strings(table: &mut Table, key: &str, items: &[String]) {
    if items.is_empty() {
        table.remove(key);
    } else {
        let items = items.iter().map(|item| Value::from(item.as_str())).collect();
        table.insert(key.to_owned(), Value::Array(items));
    }
}

/// The tables of a list, as `[[variants]]`.
pub(crate) fn tables<'t>(table: &'t mut Table, key: &str) -> Vec<&'t mut Table> {
    let items = table.get_mut(key).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_table_mut).collect()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

fn remove(path: &Path) {
    let _ = fs::remove_dir_all(path);
    let _ = fs::remove_file(path);
}
