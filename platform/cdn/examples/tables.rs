//! `cargo run -p vitrine-cdn --example tables -- SITE > tables.vcl`: the edge's tables of the site in a folder.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(site) = std::env::args().nth(1) else {
        let _ = writeln!(std::io::stderr(), "usage: tables SITE");
        return ExitCode::from(2);
    };
    match made(Path::new(&site)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {site}: {error}");
            ExitCode::from(2)
        }
    }
}

fn made(site: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let table = |file: &str| std::fs::read(site.join("_vitrine").join(file));
    let text = vitrine_cdn::vcl::tables(&table("redirects.json")?, &table("site.json")?)?;
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
