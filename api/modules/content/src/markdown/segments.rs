//! Building segments, and making text safe in HTML.

use super::Segment;

/// An answer for search engines: its HTML without links and components other than boxes.
pub(crate) fn without_links(segments: &[Segment]) -> String {
    segments
        .iter()
        .map(|segment| match segment {
            // Text is escaped, so this can only be the end of a link.
            Segment::Html(html) => html.replace("</a>", ""),
            Segment::Callout { body, .. } => without_links(body),
            _ => String::new(),
        })
        .collect()
}

/// Segments in which neighbouring HTML is one piece.
#[derive(Default)]
pub(crate) struct Segments(pub(crate) Vec<Segment>);

impl Segments {
    /// Adds ready HTML.
    pub(crate) fn html(&mut self, html: &str) {
        match self.0.last_mut() {
            _ if html.is_empty() => {}
            Some(Segment::Html(last)) => last.push_str(html),
            _ => self.0.push(Segment::Html(html.to_owned())),
        }
    }

    /// Adds text.
    pub(crate) fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"']) {
            let (before, after) = rest.split_at(at);
            self.html(before);
            self.html(match after.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                _ => "&quot;",
            });
            rest = &after[1..];
        }
        self.html(rest);
    }
}
