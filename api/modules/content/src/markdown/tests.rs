use proptest::prelude::*;

use super::*;

fn html(source: &str) -> String {
    flat(&parse(source).unwrap().segments)
}

/// Segments as one text, with links as `<a=target>`.
fn flat(segments: &[Segment]) -> String {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Html(html) => html.clone(),
            Segment::LinkOpen(target) => format!("<a={target}>"),
            Segment::Products(ids) => format!("[products {}]", ids.join(" ")),
            Segment::Picture { file, alt, caption } => format!("[picture {file} {alt:?} {caption:?}]"),
            Segment::Callout { kind, body } => format!("[{kind} {}]", flat(body)),
            Segment::Faq(entries) => entries
                .iter()
                .map(|entry| format!("[{}#{} {}]", entry.question, entry.anchor, flat(&entry.answer)))
                .collect(),
        })
        .collect()
}

fn errors(source: &str) -> Vec<(usize, String)> {
    parse(source).unwrap_err().into_iter().map(|error| (error.line, error.what)).collect()
}

fn assert_error(source: &str, line: usize, part: &str) {
    let found = errors(source);
    assert!(found.iter().any(|(at, what)| *at == line && what.contains(part)), "{source:?}: {found:?}");
}

#[test]
fn paragraphs_links_and_marks() {
    assert_eq!(
        html("Our *best* **bed** is [Cloud](product:cloud?A-1) & `<b>`.\nSee [costs](page:shipping#costs)."),
        "<p>Our <em>best</em> <strong>bed</strong> is <a=product:cloud?A-1>Cloud</a> &amp; <code>&lt;b&gt;</code>.\n\
         See <a=page:shipping#costs>costs</a>.</p>\n"
    );
    assert_eq!(
        html("<hello@nimbus.example>"),
        "<p><a=mailto:hello@nimbus.example>hello@nimbus.example</a></p>\n"
    );
}

#[test]
fn links_carry_their_lines() {
    let rich = parse("One\n\n[a](#x)\n\n::product cloud drift\n\n[b](https://example.org)").unwrap();
    let links: Vec<_> = rich.links.iter().map(|(target, line)| (target.to_string(), *line)).collect();
    let expected = [("#x", 3), ("product:cloud", 5), ("product:drift", 5), ("https://example.org", 7)];
    assert_eq!(links, expected.map(|(target, line)| (target.to_owned(), line)));
}

#[test]
fn headings_get_anchors_and_a_table_of_contents() {
    let rich = parse("## Größe\n\ntext\n\n### Größe\n\n## Costs {#costs}\n\n## *Costs*").unwrap();
    assert_eq!(rich.anchors, ["größe", "größe-2", "costs", "costs-2"]);
    assert_eq!(rich.toc[1], TocEntry { level: 3, anchor: "größe-2".into(), text: "Größe".into() });
    assert!(flat(&rich.segments).contains("<h2 id=\"costs-2\"><em>Costs</em></h2>"));
}

#[test]
fn an_explicit_anchor_below_is_left_free() {
    assert_eq!(parse("## Costs\n\n## Prices {#costs}").unwrap().anchors, ["costs-2", "costs"]);
}

#[test]
fn tables_scroll_and_say_their_alignment() {
    let table = html("| | Price |\n|---|--:|\n| Cloud | 499 |");
    assert!(table.starts_with("<div class=\"table-scroll\" tabindex=\"0\"><table>"), "{table}");
    assert!(table.contains("<td></td><th scope=\"col\" class=\"align-end\">Price</th>"), "{table}");
    assert!(
        table.contains("<td>Cloud</td><td class=\"align-end\">499</td></tr>\n</tbody></table></div>"),
        "{table}"
    );
}

#[test]
fn components() {
    assert_eq!(
        html("Before\n::product cloud drift\n::picture bed.jpg A  caption\n:::callout tip\nText\n:::\nAfter"),
        "<p>Before</p>\n[products cloud drift][picture bed.jpg None Some(\"A  caption\")][tip <p>Text</p>\n]<p>After</p>\n"
    );
}

#[test]
fn pictures_written_as_images_stand_alone() {
    assert_eq!(
        html("![Oak](bed.jpg \"The *bed*\")\n![](b.jpg)"),
        "[picture bed.jpg Some(\"Oak\") Some(\"The *bed*\")][picture b.jpg None None]"
    );
    assert_error("Text ![Oak](bed.jpg) text", 1, "paragraph of its own");
    assert_error("\n![x](https://example.org/x.jpg)", 2, "not a file of media/");
}

#[test]
fn questions_become_entries_and_search_data() {
    let rich = parse(":::faq\n### How *long*?\nSee [here](page:shipping).\n\n:::callout note\nNote\n:::\n### Why? {#why}\nSo.\n:::")
        .unwrap();
    assert_eq!(
        flat(&rich.segments),
        "[How long?#how-long <p>See <a=page:shipping>here</a>.</p>\n[note <p>Note</p>\n]][Why?#why <p>So.</p>\n]"
    );
    assert_eq!(rich.faq[0].answer_html, "<p>See here.</p>\n<p>Note</p>");
    assert_eq!(rich.anchors, ["how-long", "why"]);
    assert!(rich.toc.is_empty());
}

#[test]
fn components_inside_code_are_text() {
    let source = "```\n::product cloud\n:::callout tip\n```\n~~~~\n:::\n~~~\n~~~~\n";
    assert!(html(source).contains("::product cloud\n:::callout tip\n"));
}

#[test]
fn every_mistake_is_named_at_its_line() {
    assert_error("text\n# Title", 2, "only '#'");
    assert_error("a\n\n<div>x</div>", 3, "raw HTML is not let through: <div>x</div>");
    assert_error("a\nb <b>x</b>", 2, "raw HTML");
    assert_error("<!-- note -->", 1, "raw HTML");
    assert_error("a\n[x](/de/)", 2, "link '/de/' is not understood");
    assert_error("[x](javascript:alert(1))", 1, "not understood");
    assert_error("::prodct cloud", 1, "unknown component '::prodct'");
    assert_error("::product", 1, "names no product");
    assert_error("::product Cl/oud", 1, "Cl/oud");
    assert_error("::picture", 1, "names no file");
    assert_error("a\n:::callout tip\nb", 2, "not closed");
    assert_error(":::callout hint\nb\n:::", 1, "unknown callout 'hint' (allowed: tip, note, warning)");
    assert_error("a\n:::", 2, "closes nothing");
    assert_error(":::faq\n### A?\nb", 1, "not closed");
    assert_error(":::faq\n:::", 1, "no '### question'");
    assert_error(":::faq\ntext\n### A?\nb\n:::", 1, "before its first");
    assert_error("## A {#a}\n\n## B {#a}", 3, "'a' is already taken");
    assert_error("## A {.big}", 1, "{#anchor}");
    assert_error(&":::callout tip\n".repeat(50_000), 4, "nested too deeply");
}

#[test]
fn mistakes_come_all_at_once_and_in_order() {
    let lines: Vec<usize> =
        errors("# A\n\n[x](y)\n\n::what\n\n<hr>").into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 3, 5, 7]);
}

#[test]
fn the_plain_text_is_that_of_paragraphs_and_lists() {
    let rich =
        parse("## Head\n\nOne *two*\nthree.\n\n- four\n- five\n\n| a |\n|---|\n| b |\n\n```\ncode\n```")
            .unwrap();
    assert_eq!(rich.text.trim(), "One two three. four five");
    assert_eq!(parse("送料は\n無料です。").unwrap().text.trim(), "送料は無料です。");
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(":::callout tip".to_owned()),
        Just(":::faq".to_owned()),
        Just(":::".to_owned()),
        Just("### A question?".to_owned()),
        Just("## Head {#x}".to_owned()),
        Just("::product cloud".to_owned()),
        Just("::picture a.jpg".to_owned()),
        Just("```".to_owned()),
        Just(String::new()),
        Just("[a](product:cloud) ![p](a.jpg) [b](nowhere) <script>alert(1)</script>".to_owned()),
        Just("| a | b |\n|---|:-:|".to_owned()),
        Just("[a](product&#58;cloud) [b](page\\:home) [c](https://a.example) [d](#x) [e][f]".to_owned()),
        Just("[f]: category:beds".to_owned()),
        Just("<script>".to_owned()),
        "[ -~]{0,30}",
        "\\PC{0,20}",
    ]
}

fn balance(segments: &[Segment]) -> (usize, usize) {
    segments.iter().fold((0, 0), |(opened, closed), segment| {
        let (more_opened, more_closed) = match segment {
            Segment::Html(html) => (0, html.matches("</a>").count()),
            Segment::LinkOpen(_) => (1, 0),
            Segment::Callout { body, .. } => balance(body),
            Segment::Faq(entries) => entries.iter().fold((0, 0), |sum, entry| {
                let (opened, closed) = balance(&entry.answer);
                (sum.0 + opened, sum.1 + closed)
            }),
            Segment::Products(_) | Segment::Picture { .. } => (0, 0),
        };
        (opened + more_opened, closed + more_closed)
    })
}

/// Whether any of the segments depends on what others say.
fn refers(segments: &[Segment]) -> bool {
    segments.iter().any(|segment| match segment {
        Segment::Html(_) | Segment::LinkOpen(LinkTarget::External(_) | LinkTarget::Anchor(_)) => false,
        Segment::LinkOpen(_) | Segment::Products(_) | Segment::Picture { .. } => true,
        Segment::Callout { body, .. } => refers(body),
        Segment::Faq(entries) => entries.iter().any(|entry| refers(&entry.answer)),
    })
}

proptest! {
    #[test]
    fn a_text_that_refers_to_others_is_known_without_parsing(lines in proptest::collection::vec(line(), 0..8)) {
        let source = lines.join("\n");
        let (rich, _) = parse_all(&source);
        prop_assert!(may_refer(&source) || !refers(&rich.segments), "{}", source);
    }

    #[test]
    fn whatever_comes_in_is_closed_and_escaped(lines in proptest::collection::vec(line(), 0..20)) {
        let (rich, errors) = parse_all(&lines.join("\n"));
        let (opened, closed) = balance(&rich.segments);
        prop_assert_eq!(opened, closed);
        prop_assert!(!flat(&rich.segments).contains("<script"));
        let distinct: std::collections::BTreeSet<_> = rich.anchors.iter().collect();
        prop_assert!(distinct.len() == rich.anchors.len() || !errors.is_empty());
        for error in errors {
            prop_assert!((1..=lines.join("\n").lines().count()).contains(&error.line), "{}", error);
        }
    }
}
