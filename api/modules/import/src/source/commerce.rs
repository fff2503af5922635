//! `commerce/*.toml`: how goods are delivered and taxed, what is promoted, and the stock a shop begins with.

use std::collections::BTreeSet;

use vitrine_core::{Entity, EntityKind, Sku};
use vitrine_delivery::{DeliverySetup, read_delivery, read_taxes};
use vitrine_inventory::{Location, LocationId, Opening};
use vitrine_pricing::{TaxRules, TextError};
use vitrine_promotion::{PromotionFile, read_promotions};

use super::folder::{Root, Stamp};
use super::reader::{Name, Node, Reader, read_toml};
use super::text::File;
use crate::error::ImportError;
use crate::report::{Finding, Severity};

/// The folder.
pub(crate) const FOLDER: &str = "commerce";
/// Its files.
pub(crate) const PROMOTIONS: &str = "promotions.toml";
pub(crate) const DELIVERY: &str = "delivery.toml";
pub(crate) const TAXES: &str = "taxes.toml";
pub(crate) const STOCK: &str = "stock.toml";
/// Most pieces that a place can have; as inventory has it.
const MOST_PIECES: i64 = 1_000_000;
/// Longest name of a location, characters; as inventory has it.
const NAME_CHARS: usize = 100;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Said<T> {
    /// It is not there: what the database holds stays.
    #[default]
    Nothing,
    /// It is wrong: the same.
    Wrong,
    /// It is right.
    Right(T),
}

impl<T> Said<T> {
    pub(crate) fn right(&self) -> Option<&T> {
        match self {
            Self::Right(value) => Some(value),
            Self::Nothing | Self::Wrong => None,
        }
    }

    fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong)
    }
}

/// What stands in a `stock.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StockFile {
    pub(crate) locations: Vec<Location>,
    pub(crate) openings: Vec<Opening>,
}

/// Rules and stock as the folder has them. Each file is taken or left as a whole.
#[derive(Debug, Default)]
pub(crate) struct Commerce {
    pub(crate) delivery: Said<DeliverySetup>,
    pub(crate) taxes: Said<TaxRules>,
    pub(crate) promotions: Said<PromotionFile>,
    pub(crate) stock: Said<StockFile>,
    /// They are of no item: an error leaves its file out.
    pub(crate) findings: Vec<Finding>,
}

impl Commerce {
    /// Files that are wrong.
    pub(crate) fn wrong(&self) -> u64 {
        let wrong = [
            self.delivery.is_wrong(),
            self.taxes.is_wrong(),
            self.promotions.is_wrong(),
            self.stock.is_wrong(),
        ];
        wrong.into_iter().map(u64::from).sum()
    }

    /// Things that the files which are right say.
    pub(crate) fn things(&self) -> u64 {
        let taxes = self.taxes.right().map_or(0, |taxes| taxes.countries.len());
        let promoted = self.promotions.right().map_or(0, |file| file.promotions.len() + file.coupons.len());
        let stock = self.stock.right().map_or(0, |stock| stock.openings.len());
        u64::from(self.delivery.right().is_some()) + (taxes + promoted + stock) as u64
    }
}

/// Reads the folder, of which these are the files.
pub(crate) fn commerce(root: &Root, stamps: &[Stamp]) -> Result<Commerce, ImportError> {
    let mut commerce = Commerce::default();
    if stamps.is_empty() {
        return Ok(commerce);
    }
    let known = [DELIVERY, TAXES, PROMOTIONS, STOCK];
    for stamp in stamps.iter().filter(|stamp| !known.contains(&stamp.file.as_str())) {
        let what = format!("the file is not read: rules stand in {}", known.join(", "));
        let finding = at_top(root, &stamp.file, what);
        commerce.findings.push(Finding { severity: Severity::Warning, ..finding });
    }
    let findings = &mut commerce.findings;
    commerce.delivery = rules(root, DELIVERY, findings, read_delivery)?;
    // A shop that has rules and no such file has no taxes and no promotions.
    commerce.taxes = or_empty(rules(root, TAXES, findings, read_taxes)?);
    commerce.promotions = or_empty(rules(root, PROMOTIONS, findings, read_promotions)?);
    commerce.stock = stock(root, findings)?;
    Ok(commerce)
}

fn or_empty<T: Default>(said: Said<T>) -> Said<T> {
    match said {
        Said::Nothing => Said::Right(T::default()),
        said => said,
    }
}

/// An error of a file as a whole.
pub(crate) fn at_top(root: &Root, file: &str, what: impl Into<String>) -> Finding {
    Finding { item: None, ..root.at_top(&format!("{FOLDER}/{file}"), &no_item(), what) }
}

/// What [`Root`] wants named, and these findings leave out again.
fn no_item() -> Entity {
    Entity { kind: EntityKind::Store, id: String::new() }
}

/// The text of a file; `None` where there is none or it is no text, which is a finding then.
fn text(root: &Root, file: &str, findings: &mut Vec<Finding>) -> Result<Said<String>, ImportError> {
    Ok(match root.text(&format!("{FOLDER}/{file}"), &no_item())? {
        None => Said::Nothing,
        Some(Ok(text)) => Said::Right(text),
        Some(Err(finding)) => {
            findings.push(Finding { item: None, ..finding });
            Said::Wrong
        }
    })
}

/// Reads a file by its module's own rules.
fn rules<T>(
    root: &Root,
    file: &str,
    findings: &mut Vec<Finding>,
    read: impl FnOnce(&str) -> Result<T, Vec<TextError>>,
) -> Result<Said<T>, ImportError> {
    let text = match text(root, file, findings)? {
        Said::Right(text) => text,
        Said::Wrong => return Ok(Said::Wrong),
        Said::Nothing => return Ok(Said::Nothing),
    };
    let errors = match read(&text) {
        Ok(rules) => return Ok(Said::Right(rules)),
        Err(errors) => errors,
    };
    findings.extend(errors.into_iter().map(|TextError { line, column, field, what }| {
        let what = if field.is_empty() { what } else { format!("{field} {what}") };
        let [line, column] = [line, column].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        Finding { line, column, ..at_top(root, file, what) }
    }));
    Ok(Said::Wrong)
}

fn stock(root: &Root, findings: &mut Vec<Finding>) -> Result<Said<StockFile>, ImportError> {
    let text = match text(root, STOCK, findings)? {
        Said::Right(text) => text,
        Said::Wrong => return Ok(Said::Wrong),
        Said::Nothing => return Ok(Said::Nothing),
    };
    let file = File::new(root.shown(&format!("{FOLDER}/{STOCK}")), &text, None);
    let stock = read_toml(&file, 0..text.len(), read_stock);
    let found = file.into_findings();
    let said = match stock {
        Some(stock) if found.is_empty() => Said::Right(stock),
        _ => Said::Wrong,
    };
    findings.extend(found);
    Ok(said)
}

/// `[[locations]]`, then a table `[stock.<location>]` for each.
fn read_stock(r: Reader<'_, '_>) -> StockFile {
    let mut stock = StockFile::default();
    let mut known = BTreeSet::new();
    for location in r.tables("locations") {
        let id = location.need("id", Node::parse::<LocationId>);
        let name = location.need("name", read_name);
        let priority = location.take("priority", Node::whole).unwrap_or(0);
        if let Some(id) = id {
            if !known.insert(id.clone()) {
                location.error(format!("location '{id}' is there twice"));
            }
            stock.locations.push(Location { id, name: name.unwrap_or_default(), priority });
        }
        location.finish();
    }
    for (name, node) in r.entries("stock") {
        let Some(location) = name.parse::<LocationId>() else { continue };
        if !known.contains(&location) {
            name.error(format!("no location '{location}' in [[locations]]"));
        }
        let skus = node.entries().unwrap_or_default();
        stock.openings.extend(skus.into_iter().filter_map(|(sku, node)| opening(&location, sku, node)));
    }
    r.finish();
    stock
}

fn read_name(node: Node<'_, '_>) -> Option<String> {
    let name = node.text()?;
    if name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        node.error(format!("'name' must be one line of at most {NAME_CHARS} characters"));
        return None;
    }
    Some(name)
}

/// `SKU = pieces`, or `SKU = { pieces = 4, low_at = 2, backorder = 10 }`.
fn opening(location: &LocationId, sku: Name<'_>, node: Node<'_, '_>) -> Option<Opening> {
    let sku: Option<Sku> = sku.parse();
    let (pieces, low_at, backorder) = if node.is_table() {
        let table = node.table()?;
        let pieces = table.need("pieces", read_pieces);
        let (low_at, backorder) = (table.take("low_at", read_pieces), table.take("backorder", read_pieces));
        table.finish();
        (pieces, low_at.unwrap_or(0), backorder.unwrap_or(0))
    } else {
        (read_pieces(node), 0, 0)
    };
    Some(Opening { sku: sku?, location: location.clone(), pieces: pieces?, backorder, low_at })
}

fn read_pieces(node: Node<'_, '_>) -> Option<i64> {
    let pieces: i64 = node.whole()?;
    if !(0..=MOST_PIECES).contains(&pieces) {
        node.error(format!("pieces must be 0 to {MOST_PIECES} (found {pieces})"));
        return None;
    }
    Some(pieces)
}
