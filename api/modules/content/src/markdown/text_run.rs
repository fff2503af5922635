//! One piece of Markdown between components: events to HTML, links and pictures.

use std::ops::Range;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, LinkType, Parser, Tag, TagEnd};

use super::render::{Place, Renderer, options, plain};
use super::segments::Segments;
use super::{Segment, TocEntry};
use crate::LinkTarget;

type Placed<'a> = (Event<'a>, Range<usize>);

/// Renders a piece of Markdown whose first line is `line` of the text.
pub(crate) fn render(renderer: &mut Renderer, text: &str, line: usize, place: Place, out: &mut Segments) {
    let events: Vec<Placed<'_>> = Parser::new_ext(text, options()).into_offset_iter().collect();
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let lines = LineNumbers { first: line, breaks };
    TextRun { renderer, out, lines, place, links: Vec::new(), table: TableState::default(), silent: 0 }
        .events(&events);
}

struct LineNumbers {
    first: usize,
    breaks: Vec<usize>,
}

impl LineNumbers {
    fn at(&self, offset: usize) -> usize {
        self.first + self.breaks.partition_point(|at| *at < offset)
    }
}

#[derive(Default)]
struct TableState {
    alignments: Vec<Alignment>,
    column: usize,
    is_head: bool,
    is_empty_head: bool,
}

/// One piece of Markdown between components.
struct TextRun<'r> {
    renderer: &'r mut Renderer,
    out: &'r mut Segments,
    lines: LineNumbers,
    place: Place,
    /// Whether each open link was written.
    links: Vec<bool>,
    table: TableState,
    /// Open elements whose text descriptions leave out.
    silent: usize,
}

impl TextRun<'_> {
    fn events(&mut self, events: &[Placed<'_>]) {
        let mut at = 0;
        while let Some((event, range)) = events.get(at) {
            let line = self.lines.at(range.start);
            let rest = &events[at + 1..];
            at += 1;
            match event {
                Event::Start(Tag::Paragraph) if is_pictures(inside(rest)) => {
                    let inside = inside(rest);
                    self.pictures(inside);
                    at += inside.len() + 1;
                }
                Event::Start(Tag::Image { .. }) => {
                    self.error(line, "a picture must stand in a paragraph of its own".to_owned());
                    at += inside(rest).len() + 1;
                }
                Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                    if !classes.is_empty() || !attrs.is_empty() {
                        self.error(
                            line,
                            "a heading's braces hold more than an anchor (allowed: {#anchor})".to_owned(),
                        );
                    }
                    self.heading(
                        *level,
                        id.as_deref(),
                        &plain(inside(rest).iter().map(|(event, _)| event)),
                        line,
                    );
                }
                Event::Start(tag) => self.open(tag, rest, line),
                Event::End(tag) => self.close(*tag),
                Event::Text(text) => self.plain_text(text),
                Event::Code(code) => {
                    self.out.html("<code>");
                    self.plain_text(code);
                    self.out.html("</code>");
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    if matches!(event, Event::InlineHtml(_)) {
                        self.error(line, raw_html(html));
                    }
                    self.out.escaped(html);
                }
                Event::SoftBreak => self.soft_break(rest),
                Event::HardBreak => {
                    self.out.html("<br>\n");
                    self.space();
                }
                Event::Rule => self.out.html("<hr>\n"),
                // Extensions that are not switched on.
                Event::FootnoteReference(_)
                | Event::TaskListMarker(_)
                | Event::InlineMath(_)
                | Event::DisplayMath(_) => {}
            }
        }
    }

    fn open(&mut self, tag: &Tag<'_>, rest: &[Placed<'_>], line: usize) {
        match tag {
            Tag::Paragraph => self.out.html("<p>"),
            Tag::BlockQuote(_) => self.out.html("<blockquote>\n"),
            Tag::CodeBlock(kind) => {
                self.silent += 1;
                self.out.html("<pre tabindex=\"0\"><code");
                if let CodeBlockKind::Fenced(language) = kind
                    && let Some(language) = language.split_whitespace().next()
                {
                    self.out.html(" class=\"language-");
                    self.out.escaped(language);
                    self.out.html("\"");
                }
                self.out.html(">");
            }
            Tag::HtmlBlock => {
                let html = rest.first().and_then(|(event, _)| match event {
                    Event::Html(html) => Some(html.as_ref()),
                    _ => None,
                });
                self.error(line, raw_html(html.unwrap_or_default()));
            }
            Tag::List(None) => self.out.html("<ul>\n"),
            Tag::List(Some(1)) => self.out.html("<ol>\n"),
            Tag::List(Some(start)) => self.out.html(&format!("<ol start=\"{start}\">\n")),
            Tag::Item => self.out.html("<li>"),
            Tag::Table(alignments) => {
                self.silent += 1;
                self.table = TableState { alignments: alignments.clone(), ..TableState::default() };
                self.out.html("<div class=\"table-scroll\" tabindex=\"0\"><table>\n");
            }
            Tag::TableHead => {
                self.table.is_head = true;
                self.table.column = 0;
                self.out.html("<thead><tr>");
            }
            Tag::TableRow => {
                self.table.column = 0;
                self.out.html("<tr>");
            }
            Tag::TableCell => self.cell(matches!(rest.first(), Some((Event::End(TagEnd::TableCell), _)))),
            Tag::Emphasis => self.out.html("<em>"),
            Tag::Strong => self.out.html("<strong>"),
            Tag::Link { link_type, dest_url, .. } => self.link(*link_type, dest_url, line),
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.end_of_text("</p>\n"),
            TagEnd::Heading(level) => {
                self.silent -= 1;
                self.out.html(&format!("</{level}>\n"));
            }
            TagEnd::BlockQuote(_) => self.out.html("</blockquote>\n"),
            TagEnd::CodeBlock => {
                self.silent -= 1;
                self.out.html("</code></pre>\n");
            }
            TagEnd::List(true) => self.out.html("</ol>\n"),
            TagEnd::List(false) => self.out.html("</ul>\n"),
            TagEnd::Item => self.end_of_text("</li>\n"),
            TagEnd::Table => {
                self.silent -= 1;
                self.out.html("</tbody></table></div>\n");
            }
            TagEnd::TableHead => {
                self.table.is_head = false;
                self.out.html("</tr></thead>\n<tbody>\n");
            }
            TagEnd::TableRow => self.out.html("</tr>\n"),
            TagEnd::TableCell => {
                let is_header = self.table.is_head && !self.table.is_empty_head;
                self.out.html(if is_header { "</th>" } else { "</td>" });
            }
            TagEnd::Emphasis => self.out.html("</em>"),
            TagEnd::Strong => self.out.html("</strong>"),
            TagEnd::Link => self.out.html(if self.links.pop() == Some(true) { "</a>" } else { "" }),
            _ => {}
        }
    }

    fn heading(&mut self, level: HeadingLevel, id: Option<&str>, text: &str, line: usize) {
        if level == HeadingLevel::H1 {
            self.error(
                line,
                format!("heading '# {text}': the page's title is its only '#' (allowed: ## to ######)"),
            );
        }
        let anchor = self.renderer.anchor(id, text, line);
        self.out.html(&format!("<{level} id=\""));
        self.out.escaped(&anchor);
        self.out.html("\">");
        if self.place == Place::Page {
            self.renderer.rich.toc.push(TocEntry { level: level as u8, anchor, text: text.to_owned() });
        }
        self.silent += 1;
    }

    fn link(&mut self, kind: LinkType, destination: &str, line: usize) {
        let address = match kind {
            LinkType::Email => format!("mailto:{destination}"),
            _ => destination.to_owned(),
        };
        match LinkTarget::parse(&address) {
            Ok(target) => {
                self.renderer.rich.links.push((target.clone(), line));
                self.out.0.push(Segment::LinkOpen(target));
                self.links.push(true);
            }
            Err(error) => {
                self.error(line, error.to_string());
                self.links.push(false);
            }
        }
    }

    /// A column header without text is no header to a screen reader.
    fn cell(&mut self, is_empty: bool) {
        self.table.is_empty_head = is_empty;
        let name = if self.table.is_head && !is_empty { "<th scope=\"col\"" } else { "<td" };
        self.out.html(name);
        self.out.html(match self.table.alignments.get(self.table.column) {
            Some(Alignment::Center) => " class=\"align-center\">",
            Some(Alignment::Right) => " class=\"align-end\">",
            _ => ">",
        });
        self.table.column += 1;
    }

    fn pictures(&mut self, events: &[Placed<'_>]) {
        for (at, (event, range)) in events.iter().enumerate() {
            if let Event::Start(Tag::Image { dest_url, title, .. }) = event {
                let alt = plain(inside(&events[at + 1..]).iter().map(|(event, _)| event));
                let (alt, caption) = (Some(alt.as_str()), Some(title.as_ref()));
                let line = self.lines.at(range.start);
                let is_said = |text: &&str| !text.is_empty();
                self.renderer.picture(dest_url, alt.filter(is_said), caption.filter(is_said), line, self.out);
            }
        }
    }

    fn plain_text(&mut self, text: &str) {
        self.out.escaped(text);
        if self.silent == 0 {
            self.renderer.rich.text.push_str(text);
        }
    }

    /// A line break is a space, except between characters of scripts that are written without.
    fn soft_break(&mut self, rest: &[Placed<'_>]) {
        let before = match self.out.0.last() {
            Some(Segment::Html(html)) => html.chars().next_back(),
            _ => None,
        };
        let after = match rest.first() {
            Some((Event::Text(text), _)) => text.chars().next(),
            _ => None,
        };
        if before.is_some_and(is_cjk) && after.is_some_and(is_cjk) {
            return;
        }
        self.out.html("\n");
        self.space();
    }

    fn end_of_text(&mut self, tag: &str) {
        self.out.html(tag);
        self.space();
    }

    fn space(&mut self) {
        let text = &mut self.renderer.rich.text;
        if self.silent == 0 && !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }

    fn error(&mut self, line: usize, what: String) {
        self.renderer.error(line, what);
    }
}

fn raw_html(html: &str) -> String {
    let found: String = html.trim().chars().take(40).collect();
    format!("raw HTML is not let through: {found}")
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}')
}

/// The events up to the end of an element whose start was just before them.
fn inside<'e, 'a>(rest: &'e [Placed<'a>]) -> &'e [Placed<'a>] {
    let mut depth = 0usize;
    for (at, (event, _)) in rest.iter().enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return &rest[..at],
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    rest
}

/// Whether a paragraph holds pictures and nothing else.
fn is_pictures(events: &[Placed<'_>]) -> bool {
    let mut depth = 0usize;
    let mut found = false;
    for (event, _) in events {
        match event {
            Event::Start(Tag::Image { .. }) => (depth, found) = (depth + 1, true),
            Event::End(TagEnd::Image) => depth = depth.saturating_sub(1),
            Event::SoftBreak => {}
            _ if depth > 0 => {}
            Event::Text(text) if text.trim().is_empty() => {}
            _ => return false,
        }
    }
    found
}
