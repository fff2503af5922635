//! `store.toml` and `countries/<cc>.toml`.

use std::collections::BTreeMap;

use vitrine_core::{Country, Currency, EntityKind, Locale, Rate, TaxClass};
use vitrine_store::{
    CountryConfig, DeliveryMethod, EditionConfig, Organization, Returns, Schedule, StoreConfig, Tax,
};

use super::folder::Root;
use super::parsed::{ItemFiles, Parsed};
use super::reader::{Node, Reader};
use crate::error::ImportError;

pub(crate) fn store(root: &Root) -> Result<Parsed<StoreConfig>, ImportError> {
    let mut files = ItemFiles::new(root, EntityKind::Store, "store");
    let value = files.required("store.toml", read_store)?;
    Ok(files.finish(value))
}

fn read_store(r: Reader<'_, '_>) -> Option<StoreConfig> {
    let id = r.need("id", Node::parse);
    let name = r.need("name", Node::text);
    let origin = r.need("origin", read_origin);
    let default_country = r.need("default_country", Node::parse);
    let logo = r.take("logo", Node::text);
    let icon_color = r.take("icon_color", Node::text);
    let organization = r.need("organization", Node::table).map(read_organization);
    let fallback = r.entries("fallback");
    let fallback =
        fallback.into_iter().filter_map(|(key, node)| Some((key.parse()?, node.parse_list()?))).collect();
    r.finish();
    Some(StoreConfig {
        id: id?,
        name: name?,
        origin: origin?,
        default_country: default_country?,
        logo,
        icon_color,
        organization: organization??,
        fallback,
    })
}

/// Scheme and host without a final slash: paths are put behind it.
fn read_origin(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or("");
    if host.is_empty() || host.contains(['/', ' ', '?', '#']) {
        let what = "must be scheme and host without a path, such as https://shop.example";
        node.error(format!("origin {what} (found {})", node.found()));
        return None;
    }
    Some(text)
}

fn read_organization(r: Reader<'_, '_>) -> Option<Organization> {
    let legal_name = r.need("legal_name", Node::text);
    let street = r.need("street", Node::text);
    let postcode = r.need("postcode", Node::text);
    let city = r.need("city", Node::text);
    let country = r.need("country", Node::parse);
    let email = r.need("email", Node::text);
    let phone = r.take("phone", Node::text);
    let same_as = r.take("same_as", Node::texts).unwrap_or_default();
    r.finish();
    Some(Organization {
        legal_name: legal_name?,
        street: street?,
        postcode: postcode?,
        city: city?,
        country: country?,
        email: email?,
        phone,
        same_as,
    })
}

/// Reads `countries/`; a file whose name is no country code is a broken country.
pub(crate) fn countries(root: &Root) -> Result<Vec<Parsed<CountryConfig>>, ImportError> {
    let stamps = root.stamps("countries")?;
    stamps.iter().map(|stamp| country(root, &stamp.file)).collect()
}

fn country(root: &Root, file: &str) -> Result<Parsed<CountryConfig>, ImportError> {
    let stem = file.strip_suffix(".toml").unwrap_or(file);
    let relative = format!("countries/{file}");
    let code =
        stem.to_uppercase().parse::<Country>().ok().filter(|code| format!("{}.toml", code.lower()) == file);
    let mut files = ItemFiles::new(root, EntityKind::Country, &stem.to_uppercase());
    let value = match code {
        Some(code) => files.required(&relative, |r| read_country(code, r))?,
        None => {
            files.error_at_top(&relative, "the file's name must be a country code, such as de.toml");
            None
        }
    };
    Ok(files.finish(value))
}

fn read_country(country: Country, r: Reader<'_, '_>) -> Option<CountryConfig> {
    let currency: Option<Currency> = r.need("currency", Node::parse);
    let time_zone = r.need("time_zone", read_time_zone);
    let schedule = r.take("schedule", read_schedule);
    let origin = r.take("origin", read_origin);
    let prior_price = r.take("prior_price", Node::boolean).unwrap_or_default();
    let payment_methods = r.take("payment_methods", Node::texts).unwrap_or_default();
    let legal_notes = r.take("legal_notes", Node::texts).unwrap_or_default();
    let legal_pages = r.take("legal_pages", Node::texts).unwrap_or_default();
    let locales = r.need("locales", |node| node.list(Node::table)).unwrap_or_default();
    let locales: Vec<EditionConfig> = locales.into_iter().filter_map(read_edition).collect();
    let tax = r.need("tax", Node::table).and_then(read_tax);
    let delivery = r.tables("delivery");
    let delivery = delivery.into_iter().filter_map(|table| read_delivery(table, currency?)).collect();
    let returns = r.take("returns", Node::table).and_then(read_returns);
    if locales.is_empty() {
        r.error("a country needs at least one [[locales]]");
    }
    r.finish();
    Some(CountryConfig {
        country,
        currency: currency?,
        time_zone: time_zone?,
        schedule,
        origin,
        locales,
        prior_price,
        tax: tax?,
        delivery,
        payment_methods,
        legal_notes,
        legal_pages,
        returns,
    })
}

fn read_time_zone(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?;
    if let Err(error) = Schedule::zone(&text) {
        node.error(error.to_string());
    }
    Some(text)
}

fn read_schedule(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?;
    // Whether a day fits it does not depend on the zone, which may be wrong itself.
    if text != CountryConfig::NEVER
        && let Err(error) = Schedule::try_new(&text, "UTC")
    {
        node.error(error.to_string());
    }
    Some(text)
}

fn read_edition(r: Reader<'_, '_>) -> Option<EditionConfig> {
    let locale: Option<Locale> = r.need("locale", Node::parse);
    let path = r.need("path", |node| {
        let path = node.text()?;
        let inner = path.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if path != "/" && !inner.is_some_and(|inner| !inner.is_empty() && inner.chars().all(plain)) {
            node.error(format!(
                "path must be lower-case letters between slashes, such as /de/ (found {})",
                node.found()
            ));
            return None;
        }
        Some(path)
    });
    r.finish();
    Some(EditionConfig { locale: locale?, path: path? })
}

fn read_tax(r: Reader<'_, '_>) -> Option<Tax> {
    let included = r.need("included", Node::boolean);
    let read = |node: Node<'_, '_>| node.parse_with(Rate::parse_percent);
    let rates: BTreeMap<TaxClass, Rate> =
        r.entries("rates").into_iter().filter_map(|(key, node)| Some((key.parse()?, read(node)?))).collect();
    r.finish();
    Some(Tax { included: included?, rates })
}

fn read_delivery(r: Reader<'_, '_>, currency: Currency) -> Option<DeliveryMethod> {
    let id = r.need("id", Node::text);
    let price = r.need("price", |node| {
        let price = node.money(currency)?;
        if price.is_negative() {
            node.error(format!("price must not be below 0 (found {})", node.found()));
        }
        Some(price)
    });
    let free_from = r.take("free_from", |node| node.money(currency));
    let days = r.need("days", |node| {
        let days: Vec<u16> = node.list(Node::whole)?;
        match days.as_slice() {
            [from, to] if from <= to => Some((*from, *to)),
            _ => {
                node.error(format!(
                    "days must be two numbers, from and to, such as [2, 4] (found {})",
                    node.found()
                ));
                None
            }
        }
    });
    r.finish();
    Some(DeliveryMethod { id: id?, price: price?, free_from, days: days? })
}

fn read_returns(r: Reader<'_, '_>) -> Option<Returns> {
    let days = r.need("days", Node::whole);
    let free = r.need("free", Node::boolean);
    r.finish();
    Some(Returns { days: days?, free: free? })
}
