//! Lines into batches of valid items, on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc;
use vitrine_catalog::{
    CategoryInput, CountryFacts, Known, Problem, ProductInput, Schema, SchemaInput, validate_category,
    validate_product, validate_schema,
};
use vitrine_core::{CategoryId, Entity, EntityKind, ProductId};

use super::convert;
use super::open::{Input, next_line};
use super::shape::{End, FeedProduct, JustId, Line};
use crate::import::BATCH;
use crate::report::{Finding, Severity};
use crate::source::catalog::SCHEMA;
use crate::source::price::Currencies;

/// What a feed's items are judged by: the store as it is, and what the feed itself adds.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) schema: Schema,
    pub(super) categories: BTreeMap<CategoryId, Option<CategoryId>>,
    pub(super) countries: Vec<CountryFacts>,
    pub(super) currencies: Currencies,
    pub(super) media: BTreeSet<String>,
}

/// An item with the line it came from.
pub(super) type Lined<T> = (u64, T);

/// Items of one kind, in order.
#[derive(Debug)]
pub(super) enum Items {
    Schema(Lined<Box<SchemaInput>>),
    Categories(Vec<Lined<CategoryInput>>),
    Products(Vec<Lined<ProductInput>>),
    Removals(Vec<Lined<ProductId>>),
    None,
}

/// What the writer gets at once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) items: Items,
    pub(super) findings: Vec<Finding>,
}

/// What a feed was, once it is read.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// The end line, if it came.
    pub(super) end: Option<End>,
    /// Why reading stopped before the end.
    pub(super) broken: Option<String>,
    pub(super) last_line: u64,
    pub(super) products: BTreeSet<ProductId>,
    pub(super) product_lines: u64,
    pub(super) categories: BTreeSet<CategoryId>,
    pub(super) category_lines: u64,
    /// Lines so wrong that it isn't known which product they are.
    pub(super) unnamed: u64,
}

/// Reads a feed after its header; stops early when nobody takes the batches any more.
pub(super) struct Parser {
    name: String,
    facts: Facts,
    sender: mpsc::Sender<Batch>,
    items: Items,
    findings: Vec<Finding>,
    summary: Summary,
}

/// The writer is gone: it met an error.
struct Gone;

impl Parser {
    pub(super) fn new(name: String, facts: Facts, sender: mpsc::Sender<Batch>) -> Self {
        let summary = Summary { last_line: 1, ..Summary::default() };
        Self { name, facts, sender, items: Items::None, findings: Vec::new(), summary }
    }

    pub(super) fn run(mut self, mut input: Input, line_bytes: usize) -> Summary {
        let mut line = Vec::new();
        loop {
            match next_line(&mut *input, &mut line, line_bytes) {
                Ok(true) => self.summary.last_line += 1,
                Ok(false) => break,
                Err(error) => {
                    self.summary.broken = Some(error.to_string());
                    break;
                }
            }
            if self.line(&line).is_err() {
                return self.summary;
            }
        }
        let _ = self.flush();
        self.summary
    }

    fn line(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let text = match std::str::from_utf8(bytes).map(str::trim) {
            Ok("") => return Ok(()),
            Ok(text) => text,
            Err(_) => {
                self.summary.unnamed += 1;
                return self.error(None, 0, "the line is not UTF-8 text".to_owned());
            }
        };
        if self.summary.end.is_some() {
            return self.error(None, 0, "a line after the end line".to_owned());
        }
        match serde_json::from_str(text) {
            Ok(Line::Product(line)) => self.product(*line),
            Ok(Line::Category(line)) => self.category(convert::category(line)),
            Ok(Line::RemoveProduct(id)) => self.removal(id),
            Ok(Line::Schema(line)) => self.schema(convert::schema(line)),
            Ok(Line::End(end)) => {
                self.summary.end = Some(end);
                self.flush()
            }
            Err(error) => self.unreadable(text, &error),
        }
    }

    fn product(&mut self, line: FeedProduct<'_>) -> Result<(), Gone> {
        let id = line.id.clone();
        self.summary.product_lines += 1;
        if !self.summary.products.insert(id.clone()) {
            return self.item_error(&id, "", "the feed has it on an earlier line already");
        }
        let input = match convert::product(line, &self.facts.currencies) {
            Ok(input) => input,
            Err(wrong) => {
                return wrong.into_iter().try_for_each(|(field, what)| self.item_error(&id, &field, &what));
            }
        };
        let problems = validate_product(&input, &known(&self.facts));
        let entity = Entity { kind: EntityKind::Product, id: id.to_string() };
        if self.problems(&entity, self.summary.last_line, problems)? {
            return Ok(());
        }
        let lined = (self.summary.last_line, input);
        match &mut self.items {
            Items::Products(items) => items.push(lined),
            _ => {
                self.flush()?;
                self.items = Items::Products(vec![lined]);
            }
        }
        self.flush_full()
    }

    fn category(&mut self, input: CategoryInput) -> Result<(), Gone> {
        self.summary.category_lines += 1;
        let id = input.category.id.clone();
        self.summary.categories.insert(id.clone());
        // Known from here on, so that its children of the same batch find it.
        self.facts.categories.insert(id, input.category.parent.clone());
        let lined = (self.summary.last_line, input);
        match &mut self.items {
            Items::Categories(items) => items.push(lined),
            _ => {
                self.flush()?;
                self.items = Items::Categories(vec![lined]);
            }
        }
        self.flush_full()
    }

    fn removal(&mut self, id: ProductId) -> Result<(), Gone> {
        let lined = (self.summary.last_line, id);
        match &mut self.items {
            Items::Removals(items) => items.push(lined),
            _ => {
                self.flush()?;
                self.items = Items::Removals(vec![lined]);
            }
        }
        self.flush_full()
    }

    fn schema(&mut self, input: SchemaInput) -> Result<(), Gone> {
        self.flush()?;
        let entity = Entity { kind: EntityKind::Attribute, id: SCHEMA.to_owned() };
        if self.problems(&entity, self.summary.last_line, validate_schema(&input))? {
            return Ok(());
        }
        self.facts.schema = input.schema.clone();
        self.items = Items::Schema((self.summary.last_line, Box::new(input)));
        self.flush()
    }

    /// Notes what is wrong with an item; whether it is kept out.
    fn problems(&mut self, entity: &Entity, line: u64, problems: Vec<Problem>) -> Result<bool, Gone> {
        let (findings, is_out) = judged(&self.name, entity, line, problems);
        findings.into_iter().try_for_each(|finding| self.find(finding))?;
        Ok(is_out)
    }

    fn item_error(&mut self, id: &ProductId, field: &str, what: &str) -> Result<(), Gone> {
        let entity = Entity { kind: EntityKind::Product, id: id.to_string() };
        let what = item_text(&entity, field, what);
        self.error(Some(entity), 0, what)
    }

    fn error(&mut self, item: Option<Entity>, column: u32, what: String) -> Result<(), Gone> {
        let finding = finding(&self.name, self.summary.last_line, Severity::Error, what, item);
        self.find(Finding { column, ..finding })
    }

    /// A line that is no line of a feed: read once more, to say where.
    fn unreadable(&mut self, text: &str, error: &serde_json::Error) -> Result<(), Gone> {
        let column = u32::try_from(error.column()).unwrap_or(u32::MAX);
        let what = convert::in_short(error);
        let field = field_of(text);
        if !text.starts_with("{\"product\"") && !field.starts_with("product") {
            let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
            // It may have been anything, a product as well.
            self.summary.unnamed += 1;
            return self.error(None, column, format!("{place}{what}"));
        }
        self.summary.product_lines += 1;
        let field = field.trim_start_matches("product").trim_start_matches('.');
        match serde_json::from_str::<JustId>(text) {
            Ok(JustId { product }) => {
                // It is still in the feed: its last good version stays.
                self.summary.products.insert(product.id.clone());
                let entity = Entity { kind: EntityKind::Product, id: product.id.to_string() };
                let what = item_text(&entity, field, &what);
                self.error(Some(entity), column, what)
            }
            Err(_) => {
                self.summary.unnamed += 1;
                let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
                self.error(None, column, format!("product: {place}{what}"))
            }
        }
    }

    fn find(&mut self, finding: Finding) -> Result<(), Gone> {
        self.findings.push(finding);
        if self.findings.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush_full(&mut self) -> Result<(), Gone> {
        let len = match &self.items {
            Items::Categories(items) => items.len(),
            Items::Products(items) => items.len(),
            Items::Removals(items) => items.len(),
            Items::Schema(_) | Items::None => 0,
        };
        if len >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Gone> {
        let mut items = std::mem::replace(&mut self.items, Items::None);
        if let Items::Categories(categories) = items {
            items = Items::Categories(self.valid_categories(categories));
        }
        let findings = std::mem::take(&mut self.findings);
        if matches!(items, Items::None) && findings.is_empty() {
            return Ok(());
        }
        self.sender.blocking_send(Batch { items, findings }).map_err(|_| Gone)
    }

    /// Categories are judged together, since a parent may stand below its child.
    fn valid_categories(&mut self, categories: Vec<Lined<CategoryInput>>) -> Vec<Lined<CategoryInput>> {
        let mut valid = Vec::new();
        for (line, input) in categories {
            let entity = Entity { kind: EntityKind::Category, id: input.category.id.to_string() };
            let problems = validate_category(&input, &known(&self.facts));
            let (findings, is_out) = judged(&self.name, &entity, line, problems);
            self.findings.extend(findings);
            if !is_out {
                valid.push((line, input));
            }
        }
        valid
    }
}

fn known(facts: &Facts) -> Known<'_> {
    Known {
        schema: &facts.schema,
        categories: &facts.categories,
        countries: &facts.countries,
        media: Some(&facts.media),
    }
}

/// Problems as findings, and whether one of them keeps the item out.
fn judged(name: &str, entity: &Entity, line: u64, problems: Vec<Problem>) -> (Vec<Finding>, bool) {
    let is_out = problems.iter().any(|problem| problem.severity == vitrine_catalog::Severity::Error);
    let findings = problems.into_iter().map(|Problem { field, what, severity }| {
        let severity = match severity {
            vitrine_catalog::Severity::Error => Severity::Error,
            vitrine_catalog::Severity::Warning => Severity::Warning,
        };
        finding(name, line, severity, item_text(entity, field.as_str(), &what), Some(entity.clone()))
    });
    (findings.collect(), is_out)
}

/// `product 'x': variants[1].prices.DE: what`.
pub(super) fn item_text(entity: &Entity, field: &str, what: &str) -> String {
    let Entity { kind, id } = entity;
    let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
    format!("{} '{id}': {place}{what}", kind.as_str())
}

pub(super) fn finding(
    name: &str,
    line: u64,
    severity: Severity,
    what: String,
    item: Option<Entity>,
) -> Finding {
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    Finding { file: name.to_owned(), line, column: 0, severity, what, item }
}

/// The path of the value that can't be read.
fn field_of(text: &str) -> String {
    let mut json = serde_json::Deserializer::from_str(text);
    let read: Result<Line<'_>, _> = serde_path_to_error::deserialize(&mut json);
    read.err().map(|error| error.path().to_string()).filter(|path| path != ".").unwrap_or_default()
}
