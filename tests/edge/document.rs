//! The table as docs/edge.md shows it.

use std::fmt::Write as _;

use super::cases::{CASES, Case, Like, NOT_REACHED, SAFE};

/// Everything between the document's marks.
pub(crate) fn table() -> String {
    let mut text = String::new();
    let mut likes: Vec<&Like> = vec![&SAFE];
    for case in CASES.iter().flat_map(|(_, cases)| *cases) {
        for like in case.like {
            if !likes.iter().any(|known| known.name == like.name) {
                likes.push(like);
            }
        }
    }
    text.push_str("| answers | have |\n|---|---|\n");
    for like in likes {
        let wants: Vec<String> = like.wants.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "| {} | {} |", like.name, wants.join("<br>"));
    }
    for (about, cases) in CASES {
        let _ = writeln!(text, "\n### {about}\n\n| asked | status | answer |\n|---|---|---|");
        for case in *cases {
            let _ = writeln!(text, "{}", row(case));
        }
    }
    let _ = writeln!(
        text,
        "\n### Nothing else is reached\n\nSent exactly as written, each answers with 400 to 499:\n"
    );
    for path in NOT_REACHED {
        let _ = writeln!(text, "- `{path}`");
    }
    text
}

fn row(case: &Case) -> String {
    let with: String = case.with.iter().map(|(name, value)| format!("<br>`{name}: {value}`")).collect();
    let likes = case.like.iter().map(|like| like.name.to_owned());
    let answer: Vec<String> = likes.chain(case.wants.iter().map(ToString::to_string)).collect();
    format!("| `{} {}`{with} | {} | {} |", case.method, case.path, case.status, answer.join("; "))
}
