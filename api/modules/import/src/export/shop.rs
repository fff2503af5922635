//! The store, its countries, menus, redirects and words as files.

use vitrine_content::{AltTexts, Navigation};
use vitrine_core::Locale;
use vitrine_store::{CountryConfig, Redirect, RedirectTarget, StoreConfig};

use super::toml::{Toml, amount, list, text};
use super::{Content, Files};

pub(super) fn store(config: &StoreConfig, files: &mut Files) {
    let mut toml = Toml::default();
    toml.text("id", &config.id);
    toml.text("name", &config.name);
    toml.text("origin", &config.origin);
    toml.text("default_country", config.default_country);
    toml.maybe("logo", config.logo.as_ref());
    toml.maybe("icon_color", config.icon_color.as_ref());
    let firm = &config.organization;
    toml.table(&["organization"]);
    toml.text("legal_name", &firm.legal_name);
    toml.text("street", &firm.street);
    toml.text("postcode", &firm.postcode);
    toml.text("city", &firm.city);
    toml.text("country", firm.country);
    toml.text("email", &firm.email);
    toml.maybe("phone", firm.phone.as_ref());
    toml.texts("same_as", &firm.same_as);
    if !config.fallback.is_empty() {
        toml.table(&["fallback"]);
        for (lang, chain) in &config.fallback {
            toml.raw(lang.as_str(), list(chain.iter().map(|lang| text(lang.as_str()))));
        }
    }
    files.push("store.toml".to_owned(), Content::Text(toml.finish()));
}

pub(super) fn country(config: &CountryConfig, files: &mut Files) {
    let mut toml = Toml::default();
    toml.text("currency", config.currency);
    toml.text("time_zone", &config.time_zone);
    toml.maybe("schedule", config.schedule.as_ref());
    toml.maybe("origin", config.origin.as_ref());
    toml.raw("prior_price", config.prior_price);
    toml.texts("payment_methods", &config.payment_methods);
    toml.texts("legal_notes", &config.legal_notes);
    toml.texts("legal_pages", &config.legal_pages);
    for edition in &config.locales {
        toml.element(&["locales"]);
        toml.text("locale", &edition.locale);
        toml.text("path", &edition.path);
    }
    toml.table(&["tax"]);
    toml.raw("included", config.tax.included);
    if !config.tax.rates.is_empty() {
        toml.table(&["tax", "rates"]);
        config.tax.rates.iter().for_each(|(class, rate)| toml.text(class.as_str(), rate.percent_string()));
    }
    for method in &config.delivery {
        toml.element(&["delivery"]);
        toml.text("id", &method.id);
        toml.raw("price", amount(method.price));
        if let Some(free_from) = method.free_from {
            toml.raw("free_from", amount(free_from));
        }
        let (from, to) = method.days;
        toml.raw("days", list([from.to_string(), to.to_string()]));
    }
    if let Some(returns) = &config.returns {
        toml.table(&["returns"]);
        toml.raw("days", returns.days);
        toml.raw("free", returns.free);
    }
    files.push(format!("countries/{}.toml", config.country.lower()), Content::Text(toml.finish()));
}

pub(super) fn navigation(navigation: &Navigation, files: &mut Files) {
    let mut toml = Toml::default();
    toml.texts("main", &navigation.main);
    for column in &navigation.footer {
        toml.element(&["footer"]);
        toml.text("title", &column.title);
        toml.texts("items", &column.items);
    }
    files.push("navigation.toml".to_owned(), Content::Text(toml.finish()));
}

/// Redirects that somebody stated, in the order they came; those of renames stay in the database.
pub(super) fn redirects(mut redirects: Vec<Redirect>, files: &mut Files) {
    redirects.retain(|redirect| redirect.lang.is_none());
    redirects.sort_by_key(|redirect| redirect.seq);
    if redirects.is_empty() {
        return;
    }
    let mut toml = Toml::default();
    let (gone, leading): (Vec<Redirect>, Vec<Redirect>) =
        redirects.into_iter().partition(|redirect| redirect.target == RedirectTarget::Gone);
    for redirect in leading {
        toml.element(&["redirect"]);
        toml.text("from", &redirect.path);
        toml.text("to", &redirect.target);
    }
    for redirect in gone {
        toml.element(&["gone"]);
        toml.text("path", &redirect.path);
    }
    files.push("redirects.toml".to_owned(), Content::Text(toml.finish()));
}

pub(super) fn alts(lang: &Locale, alts: &AltTexts, files: &mut Files) {
    let mut toml = Toml::default();
    alts.iter().for_each(|(file, alt)| toml.text(file, alt));
    files.push(format!("media/{lang}.toml"), Content::Text(toml.finish()));
}
