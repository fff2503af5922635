//! Stylesheet, script and drawings: made small, named by their content.

use std::collections::BTreeMap;

use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use vitrine_core::ContentHash;

use crate::error::ThemeError;
use crate::files::{Files, utf8};

/// A file that pages refer to. It never changes: other bytes have another path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Path from the root, such as `/assets/app.1f0c9d2b3a.css`.
    pub path: String,
    /// Content as it is served.
    pub bytes: Vec<u8>,
    /// Media type.
    pub content_type: &'static str,
}

/// The asset files, by the name templates use.
const SINGLE: [(&str, &str, &str, &str); 6] = [
    ("icons", "icons", "svg", "image/svg+xml"),
    ("favicon", "favicon", "svg", "image/svg+xml"),
    ("icon", "icon", "svg", "image/svg+xml"),
    ("touch_icon", "icon-180", "png", "image/png"),
    ("icon_192", "icon-192", "png", "image/png"),
    ("icon_512", "icon-512", "png", "image/png"),
];

/// Builds all assets; the map leads from the name in templates (`css`, `icons`) to the asset.
pub(crate) fn build(files: &Files) -> Result<BTreeMap<&'static str, Asset>, ThemeError> {
    let mut assets = BTreeMap::new();
    assets.insert("css", asset("app", "css", "text/css; charset=utf-8", stylesheet(files)?.into_bytes()));
    let script = small_script(files.text("assets/app.js")?);
    assets.insert("js", asset("app", "js", "text/javascript; charset=utf-8", script.into_bytes()));
    for (name, stem, extension, content_type) in SINGLE {
        let bytes = files.get(&format!("assets/{stem}.{extension}"))?.to_vec();
        assets.insert(name, asset(stem, extension, content_type, bytes));
    }
    Ok(assets)
}

fn asset(stem: &str, extension: &str, content_type: &'static str, bytes: Vec<u8>) -> Asset {
    let hash = ContentHash::of(&bytes).short();
    Asset { path: format!("/assets/{stem}.{hash}.{extension}"), bytes, content_type }
}

/// All of `assets/css/` in the order of the file names, each checked on its own.
fn stylesheet(files: &Files) -> Result<String, ThemeError> {
    let mut all = String::new();
    for (path, bytes) in files.matching("assets/css/", ".css") {
        let source = utf8(path, bytes)?;
        parse(path, source)?;
        all.push_str(source);
    }
    let mut sheet = parse("assets/css", &all)?;
    let broken = |error: String| ThemeError::invalid("assets/css", 1, &error);
    sheet.minify(MinifyOptions::default()).map_err(|error| broken(error.to_string()))?;
    let options = PrinterOptions { minify: true, ..PrinterOptions::default() };
    Ok(sheet.to_css(options).map_err(|error| broken(error.to_string()))?.code)
}

fn parse<'a>(path: &str, source: &'a str) -> Result<StyleSheet<'a>, ThemeError> {
    StyleSheet::parse(source, ParserOptions::default()).map_err(|error| {
        let line = error.loc.as_ref().map_or(1, |at| at.line as usize + 1);
        ThemeError::invalid(path, line, &error.kind.to_string())
    })
}

/// Drops indentation, blank lines and comment lines.
///
/// The script is a page long and goes out compressed; a minifier that understands JavaScript would
/// be a hundred times its size. It therefore has no strings across lines and no comments behind code.
fn small_script(source: &str) -> String {
    let mut small = String::with_capacity(source.len());
    for line in source.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with("//") {
            small.push_str(line);
            small.push('\n');
        }
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheet_fits_and_asks_nobody_else() {
        let css = stylesheet(&Files::embedded()).unwrap();
        assert!(css.len() <= 15 * 1024, "{} bytes", css.len());
        assert!(!css.contains("url(") && !css.contains("@import"));
    }

    #[test]
    fn only_logical_sides_are_used() {
        let files = Files::embedded();
        for (path, bytes) in files.matching("assets/css/", ".css") {
            for (index, line) in utf8(path, bytes).unwrap().lines().enumerate() {
                for word in ["-left:", "-right:", " left:", " right:", "text-align: left", "margin-top"] {
                    assert!(!line.contains(word), "{path}:{}: {word}", index + 1);
                }
            }
        }
    }

    #[test]
    fn names_follow_the_content() {
        let assets = build(&Files::embedded()).unwrap();
        let css = &assets["css"];
        assert!(css.path.contains(&ContentHash::of(&css.bytes).short()));
        assert_eq!(assets, build(&Files::embedded()).unwrap());
    }

    #[test]
    fn the_script_can_be_shortened_line_by_line() {
        let files = Files::embedded();
        let source = files.text("assets/app.js").unwrap();
        assert!(!source.contains('`') && !source.contains("/*"));
        let small = small_script(source);
        assert!(small.len() < source.len() && !small.contains("\n//"));
    }

    #[test]
    fn a_mistake_in_css_is_found_at_its_line() {
        let error = parse("assets/css/x.css", "a { color: red; }\n}\nb { }").err().unwrap();
        assert!(error.to_string().starts_with("templates/assets/css/x.css:2: "), "{error}");
    }
}
