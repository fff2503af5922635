//! The door: loads a theme and renders views with it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tera::{Context, Tera, Value};
use vitrine_core::{ContentHash, Hasher};

use crate::assets::{self, Asset};
use crate::error::ThemeError;
use crate::files::{Files, utf8};
use crate::html::Html;
use crate::letters::{self, Written};
use crate::source;
use crate::views::{Fragment, LetterKind, LetterView, ShellView, View};
use crate::words::{Messages, Words};

const STRINGS: &str = "strings.toml";

/// Templates and assets, parsed and ready; share one among all threads.
#[derive(Debug)]
pub struct Theme {
    tera: Tera,
    /// Apart from those of pages: a letter that reads otherwise makes no page anew.
    letters: Tera,
    assets: Vec<Asset>,
    urls: BTreeMap<&'static str, String>,
    hashes: BTreeMap<String, ContentHash>,
    messages: Messages,
}

/// What all pages of one edition share, ready to be rendered around them.
#[derive(Debug, Clone)]
pub struct Shell {
    context: Context,
    hash: ContentHash,
}

impl Shell {
    /// Takes in the values of an edition and the words of its language.
    pub fn try_new(view: &ShellView<'_>, words: &Words) -> Result<Self, ThemeError> {
        let shell = value(view, "layout.html")?;
        // Not from the value: the order of its map differs from run to run.
        let json = serde_json::to_vec(view)
            .map_err(|error| ThemeError::invalid("layout.html", 1, &error.to_string()))?;
        let mut hasher = Hasher::new("shell");
        hasher.field(words.hash().as_bytes());
        hasher.field(&json);
        let mut context = Context::new();
        context.insert_value("shell", shell);
        context.insert_value("t", words.value());
        Ok(Self { context, hash: hasher.finish() })
    }

    /// Hash over all that pages take from the shell: a part of their fingerprint.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }
}

impl Theme {
    /// The theme that is built into the program.
    pub fn embedded() -> Result<Self, ThemeError> {
        Self::from_files(&Files::embedded())
    }

    /// A theme in a folder laid out like `templates/`.
    pub fn load(folder: &Path) -> Result<Self, ThemeError> {
        Self::from_files(&Files::read(folder)?)
    }

    fn from_files(files: &Files) -> Result<Self, ThemeError> {
        let messages = Messages::parse(STRINGS, files.text(STRINGS)?)?;
        let built = assets::build(files)?;
        let urls: BTreeMap<_, _> = built.iter().map(|(name, asset)| (*name, asset.path.clone())).collect();
        let mut sources = BTreeMap::new();
        for (path, bytes) in files.matching("", ".html") {
            sources.insert(path.to_owned(), source::small(utf8(path, bytes)?));
        }
        let mut tera = Tera::new();
        tera.global_context().insert("assets", &urls);
        tera.add_raw_templates(&sources).map_err(|error| ThemeError::from_tera("", &error))?;
        let hashes = hashes(&sources, &urls);
        let letters = letters::load(files)?;
        Ok(Self { tera, letters, assets: built.into_values().collect(), urls, hashes, messages })
    }

    /// All assets, to be published before any page.
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// Path of an asset by its name in templates: `css`, `js`, `icons`, `favicon`, `icon`,
    /// `touch_icon`, `icon_192`, `icon_512`.
    pub fn asset_url(&self, name: &str) -> Option<&str> {
        self.urls.get(name).map(String::as_str)
    }

    /// The messages that every language must have.
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Takes the words that templates use out of a language's plain messages.
    ///
    /// Fails with [`ThemeError::MissingWord`] if one of [`Messages::templates`] is absent.
    pub fn words(&self, texts: &BTreeMap<String, String>) -> Result<Words, ThemeError> {
        Words::try_new(&self.messages.templates, texts)
    }

    /// Takes the words that templates of letters use out of a language's plain messages.
    ///
    /// Fails with [`ThemeError::MissingWord`] if one of [`Messages::letters`] is absent.
    pub fn letter_words(&self, texts: &BTreeMap<String, String>) -> Result<Words, ThemeError> {
        Words::try_new(&self.messages.letters, texts)
    }

    /// Writes a letter, as HTML and as text.
    pub fn letter(
        &self,
        kind: LetterKind,
        words: &Words,
        view: &LetterView<'_>,
    ) -> Result<Written, ThemeError> {
        letters::write(&self.letters, kind, words, view)
    }

    /// Hash of a template: its source, all it includes and extends, and the assets it names.
    ///
    /// `template` is a view's `TEMPLATE`; an unknown one has the hash of nothing.
    pub fn hash_of(&self, template: &str) -> ContentHash {
        self.hashes.get(template).copied().unwrap_or_else(|| ContentHash::of(b""))
    }

    /// Hash over all templates and the assets they name.
    pub fn hash(&self) -> ContentHash {
        let mut hasher = Hasher::new("theme");
        for (template, hash) in &self.hashes {
            hasher.field(template.as_bytes()).hash(hash);
        }
        hasher.finish()
    }

    /// Renders a page into `out`, which is emptied first so that one buffer serves many pages.
    pub fn render<V: View>(&self, shell: &Shell, view: &V, out: &mut Vec<u8>) -> Result<(), ThemeError> {
        out.clear();
        let mut context = shell.context.clone();
        context.insert_value("view", value(view, V::TEMPLATE)?);
        let rendered = self.tera.render_to(V::TEMPLATE, &context, out);
        rendered.map_err(|error| ThemeError::from_tera(V::TEMPLATE, &error))
    }

    /// Renders a piece of pages, to be spliced into views.
    pub fn fragment<F: Fragment>(&self, words: &Words, view: &F) -> Result<Html, ThemeError> {
        let mut context = Context::new();
        context.insert_value("t", words.value());
        context.insert_value("view", value(view, F::TEMPLATE)?);
        let rendered = self.tera.render(F::TEMPLATE, &context);
        let html = rendered.map_err(|error| ThemeError::from_tera(F::TEMPLATE, &error))?;
        Ok(Html::trusted(&html))
    }
}

fn value<T: Serialize>(view: &T, template: &str) -> Result<Value, ThemeError> {
    Value::try_from_serializable(view).map_err(|error| ThemeError::from_tera(template, &error))
}

fn hashes(
    sources: &BTreeMap<String, String>,
    urls: &BTreeMap<&'static str, String>,
) -> BTreeMap<String, ContentHash> {
    let hash_of = |name: &str| {
        let mut hasher = Hasher::new("template");
        for part in source::closure(sources, name) {
            let source = sources.get(part).map_or("", String::as_str);
            hasher.field(part.as_bytes());
            hasher.field(source.as_bytes());
            for (asset, url) in urls {
                if source.contains(&format!("assets.{asset} ")) {
                    hasher.field(url.as_bytes());
                }
            }
        }
        hasher.finish()
    };
    sources.keys().map(|name| (name.clone(), hash_of(name))).collect()
}
