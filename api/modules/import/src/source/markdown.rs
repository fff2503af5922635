//! What a Markdown text refers to, with places.

use vitrine_content::LinkTarget;
use vitrine_content::markdown::{Segment, parse_all};

use super::text::{File, Lines};

/// Links, anchors and pictures of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Where links lead.
    pub(crate) links: Vec<Mark<LinkTarget>>,
    /// Pictures that need an alt text of the media library.
    pub(crate) pictures: Vec<Mark<String>>,
    /// Ids of headings and questions.
    pub(crate) anchors: Vec<String>,
}

/// A thing at a place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark<T> {
    pub(crate) what: T,
    /// Whether the text itself says all that is needed: a card needs no product shown, a picture no alt text.
    pub(crate) is_lenient: bool,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Reads the Markdown of a file that begins at a byte offset; what is wrong with it is reported to the file.
pub(crate) fn mark(file: &File<'_>, body: &str, start: usize) -> Marks {
    let (rich, errors) = parse_all(body);
    let lines = Lines::of(body);
    for error in errors {
        file.error(start + lines.offset(error.line), error.what);
    }
    let cards = cards(&rich.segments);
    let mut finder = Finder { file, body, lines, start, from: 0 };
    let links = rich.links.into_iter().map(|(what, line)| {
        let is_card = matches!(&what, LinkTarget::Product { id, sku: None } if cards.iter().any(|card| card == id.as_str()));
        let written = what.to_string();
        let card = if is_card { written.strip_prefix("product:") } else { None };
        let (is_lenient, (line, column)) = match card.filter(|_| finder.is_card_line(line)) {
            Some(id) => (true, finder.place(line, id)),
            None => (false, finder.place(line, &written)),
        };
        Mark { what, is_lenient, line, column }
    });
    let links = links.collect();
    finder.from = 0;
    let pictures = rich.pictures.into_iter().map(|picture| {
        let (line, column) = finder.place(picture.line, &picture.file);
        Mark { what: picture.file, is_lenient: picture.has_alt, line, column }
    });
    Marks { links, pictures: pictures.collect(), anchors: rich.anchors }
}

/// Ids of all `::product` components.
fn cards(segments: &[Segment]) -> Vec<String> {
    let of = |segment: &Segment| match segment {
        Segment::Products(ids) => ids.clone(),
        Segment::Callout { body, .. } => cards(body),
        Segment::Faq(entries) => entries.iter().flat_map(|entry| cards(&entry.answer)).collect(),
        _ => Vec::new(),
    };
    segments.iter().flat_map(of).collect()
}

/// Finds things of which only the line and the words are known.
struct Finder<'f> {
    file: &'f File<'f>,
    body: &'f str,
    lines: Lines<'f>,
    start: usize,
    /// Things come in order, so that the second of two equal ones is found behind the first.
    from: usize,
}

impl Finder<'_> {
    fn is_card_line(&self, line: usize) -> bool {
        self.body.get(self.lines.offset(line)..).is_some_and(|rest| rest.starts_with("::product"))
    }

    /// Where `written` stands in a line of the body or soon behind it; the line's beginning if it is written otherwise.
    fn place(&mut self, line: usize, written: &str) -> (u32, u32) {
        let begin = self.lines.offset(line);
        let end = self.lines.offset(line + 1);
        let from = self.from.max(begin);
        let found = self.body.get(from..end).and_then(|rest| rest.find(written)).map(|at| from + at);
        if let Some(found) = found {
            self.from = found + written.len();
        }
        self.file.place(self.start + found.unwrap_or(begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(body: &str) -> (Marks, Vec<String>) {
        let text = format!("+++\n+++\n{body}");
        let file = File::new("en.md".into(), &text, None);
        let marks = mark(&file, body, text.len() - body.len());
        (marks, file.into_findings().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn links_pictures_and_cards_have_their_places_in_the_file() {
        let (marks, found) = marks(
            "See [a](page:x) and [b](page:x).\n\n::product one two\n\n::picture bed.jpg Words\n\n## Costs\n",
        );
        assert!(found.is_empty(), "{found:?}");
        let links: Vec<_> =
            marks.links.iter().map(|l| (l.what.to_string(), l.line, l.column, l.is_lenient)).collect();
        let expected = [
            ("page:x", 3, 9, false),
            ("page:x", 3, 25, false),
            ("product:one", 5, 11, true),
            ("product:two", 5, 15, true),
        ];
        assert_eq!(
            links,
            expected.map(|(what, line, column, lenient)| (what.to_owned(), line, column, lenient))
        );
        assert_eq!((marks.pictures[0].line, marks.pictures[0].column), (7, 11));
        assert_eq!(marks.anchors, ["costs"]);
    }

    #[test]
    fn mistakes_of_the_text_have_their_line_in_the_file() {
        let (_, found) = marks("text\n\n<b>bold</b>\n");
        assert!(found[0].starts_with("en.md:5:1: raw HTML"), "{found:?}");
    }
}
