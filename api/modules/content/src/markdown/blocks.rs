//! Components stand on lines of their own: they are found before Markdown is read.

use super::{CalloutKind, MarkdownError};

/// Boxes in boxes beyond this are a mistake, and a text may not exhaust the stack.
const DEEPEST: usize = 3;

/// A piece of a text between components, or a component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block<'a> {
    /// Markdown; `line` is that of its first line.
    Text { text: &'a str, line: usize },
    /// `::product a b`.
    Products { ids: Vec<&'a str>, line: usize },
    /// `::picture file caption`.
    Picture { file: &'a str, caption: &'a str, line: usize },
    /// `:::callout kind`.
    Callout { kind: CalloutKind, body: Vec<Block<'a>> },
    /// `:::faq`.
    Faq { questions: Vec<Question<'a>> },
}

/// A `### question` of a `:::faq`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Question<'a> {
    /// The heading's whole line.
    pub(crate) heading: &'a str,
    pub(crate) line: usize,
    pub(crate) answer: Vec<Block<'a>>,
}

/// Splits a text at its components.
pub(crate) fn split<'a>(source: &'a str, errors: &mut Vec<MarkdownError>) -> Vec<Block<'a>> {
    let mut splitter = Splitter { source, lines: Lines::new(source), errors };
    splitter.blocks(0, Inside::Page).0
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Page,
    Callout,
    Faq,
}

/// Why a run of blocks ended.
enum End<'a> {
    Source,
    Fence,
    Question { heading: &'a str, line: usize },
}

struct Splitter<'a, 'e> {
    source: &'a str,
    lines: Lines<'a>,
    errors: &'e mut Vec<MarkdownError>,
}

impl<'a> Splitter<'a, '_> {
    fn blocks(&mut self, depth: usize, inside: Inside) -> (Vec<Block<'a>>, End<'a>) {
        let mut blocks = Vec::new();
        let mut text_from: Option<(usize, usize)> = None;
        let mut code = CodeFence::default();
        while let Some(Line { number, start, text }) = self.lines.next() {
            let flush = |blocks: &mut Vec<Block<'a>>, from: &mut Option<(usize, usize)>, source: &'a str| {
                if let Some((from, line)) = from.take() {
                    blocks.push(Block::Text { text: &source[from..start], line });
                }
            };
            let is_code = code.covers(text);
            if !is_code && inside == Inside::Faq && text.starts_with("### ") {
                flush(&mut blocks, &mut text_from, self.source);
                return (blocks, End::Question { heading: text, line: number });
            }
            if !is_code && text.trim_end() == ":::" {
                flush(&mut blocks, &mut text_from, self.source);
                if depth > 0 {
                    return (blocks, End::Fence);
                }
                self.error(number, "':::' closes nothing".to_owned());
                continue;
            }
            match (!is_code).then(|| directive(text)).flatten() {
                Some(directive) => {
                    flush(&mut blocks, &mut text_from, self.source);
                    blocks.extend(self.component(&directive, number, depth));
                }
                None => {
                    text_from.get_or_insert((start, number));
                }
            }
        }
        if let Some((from, line)) = text_from {
            blocks.push(Block::Text { text: &self.source[from..], line });
        }
        (blocks, End::Source)
    }

    fn component(&mut self, directive: &Directive<'a>, line: usize, depth: usize) -> Option<Block<'a>> {
        let Directive { colons, name, rest } = *directive;
        match (colons, name) {
            (2, "product") => {
                let ids: Vec<&str> = rest.split_whitespace().collect();
                if ids.is_empty() {
                    self.error(line, "'::product' names no product".to_owned());
                }
                (!ids.is_empty()).then_some(Block::Products { ids, line })
            }
            (2, "picture") => {
                let (file, caption) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                if file.is_empty() {
                    self.error(line, "'::picture' names no file".to_owned());
                }
                (!file.is_empty()).then_some(Block::Picture { file, caption: caption.trim(), line })
            }
            (3, "callout" | "faq") if depth >= DEEPEST => {
                self.error(line, format!("':::{name}' is nested too deeply (at most {DEEPEST})"));
                self.until_closed(line, name);
                None
            }
            (3, "callout") => self.callout(rest, line, depth),
            (3, "faq") => Some(self.faq(line, depth)),
            _ => {
                let found = format!("{}{name}", ":".repeat(colons));
                self.error(
                    line,
                    format!(
                        "unknown component '{found}' (allowed: ::product, ::picture, :::callout, :::faq)"
                    ),
                );
                None
            }
        }
    }

    fn callout(&mut self, kind: &str, line: usize, depth: usize) -> Option<Block<'a>> {
        let found = [CalloutKind::Tip, CalloutKind::Note, CalloutKind::Warning]
            .into_iter()
            .find(|k| k.as_str() == kind);
        if found.is_none() {
            self.error(line, format!("unknown callout '{kind}' (allowed: tip, note, warning)"));
        }
        let (body, end) = self.blocks(depth + 1, Inside::Callout);
        self.expect_closed(&end, line, "callout");
        found.map(|kind| Block::Callout { kind, body })
    }

    fn faq(&mut self, line: usize, depth: usize) -> Block<'a> {
        let mut questions: Vec<Question<'a>> = Vec::new();
        let (before, mut end) = self.blocks(depth + 1, Inside::Faq);
        let stray =
            before.iter().any(|block| !matches!(block, Block::Text { text, .. } if text.trim().is_empty()));
        if stray {
            self.error(line, "':::faq' has text before its first '### question'".to_owned());
        }
        while let End::Question { heading, line } = end {
            let (answer, next) = self.blocks(depth + 1, Inside::Faq);
            questions.push(Question { heading, line, answer });
            end = next;
        }
        if questions.is_empty() {
            self.error(line, "':::faq' has no '### question'".to_owned());
        }
        self.expect_closed(&end, line, "faq");
        Block::Faq { questions }
    }

    fn expect_closed(&mut self, end: &End<'_>, line: usize, name: &str) {
        if !matches!(end, End::Fence) {
            self.error(line, format!("':::{name}' is not closed by a line ':::'"));
        }
    }

    /// Skips a component with all inside it.
    fn until_closed(&mut self, line: usize, name: &str) {
        let mut open = 1;
        let mut code = CodeFence::default();
        for Line { text, .. } in self.lines.by_ref() {
            if code.covers(text) {
                continue;
            }
            if text.trim_end() == ":::" {
                open -= 1;
            } else if directive(text).is_some_and(|directive| directive.colons == 3) {
                open += 1;
            }
            if open == 0 {
                return;
            }
        }
        self.error(line, format!("':::{name}' is not closed by a line ':::'"));
    }

    fn error(&mut self, line: usize, what: String) {
        self.errors.push(MarkdownError { line, what });
    }
}

#[derive(Clone, Copy)]
struct Directive<'a> {
    colons: usize,
    name: &'a str,
    rest: &'a str,
}

/// A line that begins with two or more colons and a word.
fn directive(text: &str) -> Option<Directive<'_>> {
    let name = text.trim_start_matches(':');
    let colons = text.len() - name.len();
    if colons < 2 || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let (name, rest) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    Some(Directive { colons, name, rest: rest.trim() })
}

/// Whether lines belong to fenced code, where nothing is a component.
#[derive(Default)]
struct CodeFence {
    open: Option<(char, usize)>,
}

impl CodeFence {
    fn covers(&mut self, line: &str) -> bool {
        let text = line.trim_start_matches(' ');
        let is_indented = line.len() - text.len() > 3;
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'));
        let length = mark.map_or(0, |mark| text.chars().take_while(|c| *c == mark).count());
        let rest = text.get(length..).unwrap_or_default();
        match self.open {
            None => {
                let opens = !is_indented && length >= 3 && !(mark == Some('`') && rest.contains('`'));
                self.open = mark.filter(|_| opens).map(|mark| (mark, length));
                opens
            }
            Some((open, least)) => {
                if !is_indented && mark == Some(open) && length >= least && rest.trim().is_empty() {
                    self.open = None;
                }
                true
            }
        }
    }
}

struct Line<'a> {
    number: usize,
    start: usize,
    text: &'a str,
}

struct Lines<'a> {
    rest: &'a str,
    number: usize,
    start: usize,
}

impl<'a> Lines<'a> {
    fn new(source: &'a str) -> Self {
        Self { rest: source, number: 0, start: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let (text, rest) = self.rest.split_at(end);
        self.number += 1;
        let start = self.start;
        self.start += end;
        self.rest = rest;
        Some(Line { number: self.number, start, text: text.trim_end_matches(['\n', '\r']) })
    }
}
