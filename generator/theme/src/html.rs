//! HTML that is already escaped.

use serde::{Serialize, Serializer};
use tera::Value;

/// A piece of finished HTML (or of JSON for a data block) that templates splice unescaped.
///
/// It shares one allocation: a clone costs a reference count, so a header, a card or a gallery is
/// made once and handed to every page that shows it.
#[derive(Clone, PartialEq)]
pub struct Html(Value);

impl Html {
    /// Declares that `html` is safe to splice: it came out of a template or a checked renderer.
    pub fn trusted(html: &str) -> Self {
        Self(Value::safe_string(html))
    }

    /// JSON for a `<script type="application/ld+json">`: whatever could end the element is escaped.
    pub fn json(json: &str) -> Self {
        // U+2028 and U+2029 are the three bytes E2 80 A8 and E2 80 A9.
        let special = |byte: u8| matches!(byte, b'<' | b'>' | b'&' | 0xe2);
        let mut safe = String::with_capacity(json.len() + 16);
        let mut rest = json;
        while let Some(at) = rest.bytes().position(special) {
            let (before, after) = rest.split_at(at);
            safe.push_str(before);
            let Some(c) = after.chars().next() else { break };
            match c {
                '<' => safe.push_str("\\u003c"),
                '>' => safe.push_str("\\u003e"),
                '&' => safe.push_str("\\u0026"),
                '\u{2028}' => safe.push_str("\\u2028"),
                '\u{2029}' => safe.push_str("\\u2029"),
                c => safe.push(c),
            }
            rest = &after[c.len_utf8()..];
        }
        safe.push_str(rest);
        Self::trusted(&safe)
    }

    /// The HTML itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str().unwrap_or_default()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Default for Html {
    fn default() -> Self {
        Self::trusted("")
    }
}

impl std::fmt::Debug for Html {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Inside a view Tera takes the value over as it is, safe mark and all; elsewhere it is a string.
impl Serialize for Html {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_end_its_script_element() {
        let json = Html::json(r#"{"name":"</script><b>&"}"#);
        assert_eq!(json.as_str(), r#"{"name":"\u003c/script\u003e\u003cb\u003e\u0026"}"#);
        let back: serde_json::Value = serde_json::from_str(json.as_str()).unwrap();
        assert_eq!(back["name"], "</script><b>&");
    }

    #[test]
    fn json_keeps_everything_else() {
        let json = Html::json("{\"a\":\"grün – “枕” \u{2028}\u{2029}é\"}");
        assert_eq!(json.as_str(), "{\"a\":\"grün – “枕” \\u2028\\u2029é\"}");
    }

    #[test]
    fn outside_of_templates_it_is_a_plain_string() {
        assert_eq!(serde_json::to_string(&Html::trusted("<b>a</b>")).unwrap(), r#""<b>a</b>""#);
    }
}
