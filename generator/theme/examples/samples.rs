//! Writes every sample page with its assets and pictures, to look at in a browser:
//! `cargo run -p vitrine-theme --example samples -- OUTDIR [MEDIA]`.
#![allow(clippy::print_stdout, reason = "the list of pages is what it prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use vitrine_theme::Theme;
use vitrine_theme::samples::{self, Edition};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("which folder should the pages be written to?")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let media = arguments.next().unwrap_or_else(|| root.join("content/media"));
    let theme = Theme::load(&root.join("templates"))?;
    for asset in theme.assets() {
        write(&out, asset.path.trim_start_matches('/'), &asset.bytes)?;
        println!("{} {}", asset.bytes.len(), asset.path);
    }
    for entry in std::fs::read_dir(&media)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jpg") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            write(&out, &format!("media/{name}"), &std::fs::read(&path)?)?;
        }
    }
    for edition in Edition::ALL {
        let language = edition.lang().split('-').next().unwrap_or_default();
        let texts = plain_messages(&root.join(format!("content/strings/{language}.ftl")));
        for page in samples::render(&theme, edition, &texts)? {
            write(&out, &format!("{}.html", page.name), page.html.as_bytes())?;
            println!("{} {}.html", page.html.len(), page.name);
        }
    }
    Ok(())
}

/// Reads `id = text` lines; enough of Fluent for words without arguments.
fn plain_messages(path: &Path) -> BTreeMap<String, String> {
    let source = std::fs::read_to_string(path).unwrap_or_default();
    let message = |line: &str| {
        let (id, text) = line.split_once(" = ")?;
        (!id.starts_with([' ', '#'])).then(|| (id.to_owned(), text.to_owned()))
    };
    source.lines().filter_map(message).collect()
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = out.join(name);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}
