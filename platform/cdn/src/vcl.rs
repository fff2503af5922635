//! Tables of an edge that reads no JSON: `_vitrine/redirects.json` and `site.json` as `tables.vcl` of Varnish.
//!
//! `infra/docker/varnish/default.vcl` includes the result. It calls `edge_edition`, which finds the edition of
//! `X-Vitrine-Path` (`X-Vitrine-Base`, and what lies below it in `X-Vitrine-Below`), and `edge_redirect`, which
//! answers for `X-Vitrine-Asked` with `X-Vitrine-Status` and `X-Vitrine-Location`, or not at all.
//!
//! Varnish compiles VCL with a C compiler, which takes milliseconds for each condition. So old addresses are not
//! conditions: they stand in texts of some kilobytes that a regular expression looks through, and conditions choose
//! the text by the beginning of the address. 10,000 old addresses compile in a second or two.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{CdnError, address};

/// Longest text that is looked through for one address, in bytes: about a hundred old addresses.
const LONGEST_TEXT: usize = 8_000;
/// Longest old address or target, in bytes; a request line may not be longer than 8 KiB either.
const LONGEST_ADDRESS: usize = 4_000;

#[derive(Deserialize)]
struct Redirect {
    from: String,
    #[serde(default)]
    to: Option<String>,
    status: u16,
}

#[derive(Deserialize)]
struct SiteFile {
    editions: Vec<Edition>,
}

#[derive(Deserialize)]
struct Edition {
    path: String,
}

/// An old address in the edge's spelling with its entry, `>301>/de/new/`.
type Entry = (String, String);

/// The text of `tables.vcl` for the bytes of `_vitrine/redirects.json` and `_vitrine/site.json`.
///
/// The same bytes give the same text, so a reader may compare it to see whether anything changed.
///
/// # Errors
/// [`CdnError::Unreadable`] when a file is not what the generator writes.
pub fn tables(redirects: &[u8], site: &[u8]) -> Result<String, CdnError> {
    let redirects: Vec<Redirect> = read("redirects.json", redirects)?;
    let site: SiteFile = read("site.json", site)?;
    let bases: Vec<String> = site.editions.iter().map(|edition| address::canonical(&edition.path)).collect();
    if let Some(odd) = bases.iter().find(|base| !base.starts_with('/') || !base.ends_with('/')) {
        let why = format!("the path of an edition is '{odd}'; it must begin and end with a slash");
        return Err(CdnError::Unreadable { file: "site.json", why });
    }
    let mut entries = BTreeMap::new();
    for redirect in &redirects {
        let (from, entry) = entry(redirect)?;
        entries.insert(from, entry);
    }
    let entries: Vec<Entry> = entries.into_iter().collect();
    Ok(format!(
        "# Made from a site's _vitrine folder; see docs/edge.md.\n{}\n{}",
        editions(bases),
        old(&entries)
    ))
}

fn read<T: DeserializeOwned>(file: &'static str, bytes: &[u8]) -> Result<T, CdnError> {
    serde_json::from_slice(bytes).map_err(|error| CdnError::Unreadable { file, why: error.to_string() })
}

fn entry(redirect: &Redirect) -> Result<Entry, CdnError> {
    let from = address::canonical(&redirect.from);
    let to = redirect.to.as_deref().map(address::target);
    let length = from.len().max(to.as_ref().map_or(0, String::len));
    if !from.starts_with('/') || length > LONGEST_ADDRESS {
        let shown: String = redirect.from.chars().take(80).collect();
        let why = format!("'{shown}' must begin with a slash and be no longer than {LONGEST_ADDRESS} bytes");
        return Err(CdnError::Unreadable { file: "redirects.json", why });
    }
    let entry = match (to, redirect.status) {
        (None, _) => ">410>".to_owned(),
        (Some(to), status @ (301 | 302 | 303 | 307 | 308)) => format!(">{status}>{to}"),
        (Some(to), _) => format!(">301>{to}"),
    };
    Ok((from, entry))
}

/// The edition an address lies in, the longest base path first.
fn editions(mut bases: Vec<String>) -> String {
    bases.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
    bases.dedup();
    let below = |path: &str| format!("regsub(req.http.X-Vitrine-Path, \"^{}/?\", \"\")", quoted(path));
    let mut text = String::from("sub edge_edition {\n    ");
    for base in bases.iter().filter(|base| *base != "/") {
        let path = base.trim_end_matches('/');
        let _ = write!(
            text,
            "if (req.http.X-Vitrine-Path ~ \"^{}(/|$)\") {{\n{}    }} els",
            quoted(path),
            found(base, &below(path))
        );
    }
    // Outside all editions nothing is dynamic, unless one has the root.
    let rest = if bases.iter().any(|base| base == "/") { below("") } else { "\"\"".to_owned() };
    let _ = write!(text, "if (true) {{\n{}    }}\n}}\n", found("/", &rest));
    text
}

fn found(base: &str, below: &str) -> String {
    format!(
        "        set req.http.X-Vitrine-Base = \"{base}\";\n        set req.http.X-Vitrine-Below = {below};\n"
    )
}

/// The table of old addresses.
fn old(entries: &[Entry]) -> String {
    let mut subs = Vec::new();
    let top = (!entries.is_empty()).then(|| chosen(entries, &mut subs));
    let mut text = subs.concat();
    text.push_str("sub edge_redirect {\n");
    if let Some(top) = top {
        let _ = writeln!(text, "    unset req.http.X-Vitrine-Table;\n    call {top};");
        text.push_str(LOOK);
    }
    text.push_str("}\n");
    text
}

/// Finds ` <asked>><status>><target> ` in the text that was chosen: it walks over entries, not characters.
const LOOK: &str = r#"    if (req.http.X-Vitrine-Table) {
        set req.http.X-Vitrine-Table = regsub(
            req.http.X-Vitrine-Asked + " " + req.http.X-Vitrine-Table + " ",
            "^(\S+)(?: (?!\1>)\S++)*+ \1>(\d+)>(\S*+) .*$", "\2 \3");
        if (req.http.X-Vitrine-Table ~ "^\d+ ") {
            set req.http.X-Vitrine-Status = regsub(req.http.X-Vitrine-Table, " .*$", "");
            set req.http.X-Vitrine-Location = regsub(req.http.X-Vitrine-Table, "^\d+ ", "");
        }
        unset req.http.X-Vitrine-Table;
    }
"#;

/// Writes the subroutine that chooses the text for an address among sorted entries; answers its name.
fn chosen(entries: &[Entry], subs: &mut Vec<String>) -> String {
    let size: usize = entries.iter().map(|(from, entry)| from.len() + entry.len() + 1).sum();
    let mut body = String::new();
    if size <= LONGEST_TEXT || entries.len() == 1 {
        let texts: Vec<String> = entries.iter().map(|(from, entry)| format!("{from}{entry}")).collect();
        let _ = writeln!(body, "    set req.http.X-Vitrine-Table = \"{}\";", texts.join(" "));
    } else {
        let shared = shared(&entries[0].0, &entries[entries.len() - 1].0);
        // By the first character that differs; the address that ends there comes first.
        let next = |entry: &Entry| entry.0.as_bytes().get(shared).copied();
        for (number, group) in entries.chunk_by(|one, other| next(one) == next(other)).enumerate() {
            let name = chosen(group, subs);
            let (word, begin) = (if number == 0 { "if" } else { "elsif" }, &group[0].0);
            let end = if begin.len() > shared { shared + 1 } else { shared };
            let only = if begin.len() > shared { "" } else { "$" };
            let _ = writeln!(
                body,
                "    {word} (req.http.X-Vitrine-Asked ~ \"^{}{only}\") {{ call {name}; }}",
                quoted(&begin[..end])
            );
        }
    }
    let name = format!("edge_redirect_{}", subs.len());
    subs.push(format!("sub {name} {{\n{body}}}\n"));
    name
}

/// Bytes that two addresses begin with alike; both are ASCII.
fn shared(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

/// A canonical address in a regular expression: of its characters only the dot has a meaning.
fn quoted(address: &str) -> String {
    address.replace('.', "[.]")
}

#[cfg(test)]
mod tests;
