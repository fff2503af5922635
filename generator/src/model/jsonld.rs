//! Structured data of schema.org: what search engines read instead of the page.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vitrine_catalog::{Availability, MediaRef, ProductRecord, ResolvedText, VisibleVariant};
use vitrine_core::{AttributeId, Money, Sku};

use super::Maker;
use crate::index::variant_path;

const CONTEXT: &str = "https://schema.org";
/// Options that schema.org has a property for; `variesBy` names those in full.
const PROPERTIES: [(&str, &str); 3] = [("size", "size"), ("colour", "color"), ("material", "material")];

/// A variant as it is sold.
pub(super) struct Sold<'a> {
    pub sku: &'a Sku,
    pub gtin: Option<&'a str>,
    /// With the words of its options.
    pub name: String,
    /// Absolute URL of its page.
    pub url: String,
    pub price: Money,
    pub availability: Availability,
    pub options: &'a BTreeMap<AttributeId, String>,
    /// Its picture, where that is not the product's first.
    pub own_media: Option<&'a MediaRef>,
}

/// What a product page says of its product.
pub(super) struct About<'a, 'r> {
    pub record: &'r ProductRecord,
    pub text: &'a ResolvedText<'r>,
    pub description: &'a str,
    /// Path of the product's own page.
    pub path: &'a str,
    /// The variant shown.
    pub shown: &'a VisibleVariant<'r>,
    /// Whether this is the product's own page.
    pub main: bool,
}

/// Product, or ProductGroup with its variants on the product's own page
/// (developers.google.com/search/docs/appearance/structured-data/product-variants, 'multi-page').
pub(super) fn product(maker: &Maker<'_>, about: &About<'_, '_>, sold: &[Sold<'_>]) -> Value {
    let record = about.record;
    let brand = if record.product.brand.is_empty() {
        &maker.context.store.config.name
    } else {
        &record.product.brand
    };
    let url = maker.site.absolute(about.path);
    let mut document = json!({
        "@context": CONTEXT,
        "name": about.text.name,
        "description": about.description,
        "url": url,
        "brand": { "@type": "Brand", "name": brand },
    });
    let images: Vec<Value> = record.product.media.iter().filter_map(|media| image(maker, media)).collect();
    set(&mut document, "image", (!images.is_empty()).then_some(Value::Array(images)));
    set(&mut document, "aggregateRating", rating(record));
    let one = sold.iter().find(|one| *one.sku == about.shown.variant.sku);
    if about.main && sold.len() > 1 {
        set(&mut document, "@type", Some("ProductGroup".into()));
        set(&mut document, "productGroupID", Some(record.product.id.as_str().into()));
        set(&mut document, "variesBy", varies_by(record));
        // The form for shops with a page for each variant: the one shown in full, the others by address; their
        // own pages say the rest.
        let variants = sold.iter().map(|one| match *one.sku == about.shown.variant.sku {
            true => variant(maker, one),
            false => json!({ "@type": "Product", "url": one.url }),
        });
        set(&mut document, "hasVariant", Some(variants.collect()));
    } else if let Some(one) = one {
        set(&mut document, "@type", Some("Product".into()));
        set(&mut document, "sku", Some(one.sku.as_str().into()));
        set(&mut document, "gtin", one.gtin.map(Into::into));
        set(&mut document, "offers", Some(offer(maker, one)));
        if !about.main {
            set(&mut document, "name", Some(one.name.as_str().into()));
            let url = maker.site.absolute(&variant_path(about.path, one.sku.as_str()));
            set(&mut document, "url", Some(url.into()));
            let group = json!({ "@type": "ProductGroup", "productGroupID": record.product.id, "name": about.text.name, "url": maker.site.absolute(about.path) });
            set(&mut document, "isVariantOf", Some(group));
        }
    }
    document
}

/// Organization, on home pages.
pub(super) fn organization(maker: &Maker<'_>) -> Value {
    let config = &maker.context.store.config;
    let organization = &config.organization;
    let mut document = json!({
        "@context": CONTEXT,
        "@type": "OnlineStore",
        "name": config.name,
        "legalName": organization.legal_name,
        "url": maker.site.absolute(&maker.site.edition.path),
        "email": organization.email,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": organization.street,
            "postalCode": organization.postcode,
            "addressLocality": organization.city,
            "addressCountry": organization.country,
        },
    });
    set(&mut document, "telephone", organization.phone.as_deref().map(Into::into));
    set(&mut document, "sameAs", (!organization.same_as.is_empty()).then(|| json!(organization.same_as)));
    set(&mut document, "hasMerchantReturnPolicy", return_policy(maker));
    document
}

/// WebSite, on home pages.
pub(super) fn website(maker: &Maker<'_>) -> Value {
    json!({
        "@context": CONTEXT,
        "@type": "WebSite",
        "name": maker.context.store.config.name,
        "url": maker.site.absolute(&maker.site.edition.path),
        "inLanguage": maker.site.edition.locale,
    })
}

/// FAQPage for the questions of a text; `None` without any.
pub(super) fn faq(questions: &[vitrine_content::markdown::FaqText]) -> Option<Value> {
    let entities: Vec<Value> = questions
        .iter()
        .map(|question| {
            json!({
                "@type": "Question",
                "name": question.question,
                "acceptedAnswer": { "@type": "Answer", "text": question.answer_html },
            })
        })
        .collect();
    (!entities.is_empty()).then(|| json!({ "@context": CONTEXT, "@type": "FAQPage", "mainEntity": entities }))
}

fn set(document: &mut Value, key: &str, value: Option<Value>) {
    if let (Some(object), Some(value)) = (document.as_object_mut(), value) {
        object.insert(key.to_owned(), value);
    }
}

fn variant(maker: &Maker<'_>, one: &Sold<'_>) -> Value {
    let mut document = json!({
        "@type": "Product",
        "sku": one.sku,
        "name": one.name,
        "offers": offer(maker, one),
    });
    set(&mut document, "gtin", one.gtin.map(Into::into));
    set(&mut document, "image", one.own_media.and_then(|media| image(maker, media)));
    for (option, property) in PROPERTIES {
        let found = one.options.iter().find(|(id, _)| id.as_str() == option);
        set(&mut document, property, found.map(|(id, value)| maker.value_label(id, value).into()));
    }
    document
}

fn offer(maker: &Maker<'_>, one: &Sold<'_>) -> Value {
    let mut document = json!({
        "@type": "Offer",
        "url": one.url,
        "price": one.price.to_decimal(),
        "priceCurrency": one.price.currency(),
        "availability": match one.availability {
            Availability::In => "InStock",
            Availability::Low => "LimitedAvailability",
            Availability::Backorder => "BackOrder",
            Availability::Out => "OutOfStock",
        },
    });
    set(&mut document, "shippingDetails", shipping(maker, one.price));
    set(&mut document, "hasMerchantReturnPolicy", return_policy(maker));
    document
}

fn shipping(maker: &Maker<'_>, price: Money) -> Option<Value> {
    let country = &maker.site.country;
    let method = country.delivery.first()?;
    let free = method.free_from.is_some_and(|from| price.minor() >= from.minor());
    let cost = if free { Money::zero(country.currency) } else { method.price };
    let days = |from: u16, to: u16| json!({ "@type": "QuantitativeValue", "minValue": from, "maxValue": to, "unitCode": "DAY" });
    Some(json!({
        "@type": "OfferShippingDetails",
        "shippingRate": { "@type": "MonetaryAmount", "value": cost.to_decimal(), "currency": cost.currency() },
        "shippingDestination": { "@type": "DefinedRegion", "addressCountry": country.country },
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "handlingTime": days(0, 1),
            "transitTime": days(method.days.0, method.days.1),
        },
    }))
}

fn return_policy(maker: &Maker<'_>) -> Option<Value> {
    let country = &maker.site.country;
    let returns = country.returns?;
    Some(json!({
        "@type": "MerchantReturnPolicy",
        "applicableCountry": country.country,
        "returnPolicyCategory": "MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": returns.days,
        "returnMethod": "ReturnByMail",
        "returnFees": if returns.free { "FreeReturn" } else { "ReturnFeesCustomerResponsibility" },
    }))
}

fn rating(record: &ProductRecord) -> Option<Value> {
    let rating = record.rating?;
    Some(json!({
        "@type": "AggregateRating",
        "ratingValue": format!("{}.{}", rating.tenths / 10, rating.tenths % 10),
        "reviewCount": rating.count,
    }))
}

fn image(maker: &Maker<'_>, media: &MediaRef) -> Option<Value> {
    let image = maker.pictures.social(media, &maker.site.edition.origin, "")?;
    Some(image.url.into_owned().into())
}

fn varies_by(record: &ProductRecord) -> Option<Value> {
    let known = |option: &AttributeId| PROPERTIES.iter().find(|(id, _)| *id == option.as_str());
    let varies = record.product.options.iter().map(|option| match known(option) {
        Some((_, property)) => format!("https://schema.org/{property}"),
        None => option.to_string(),
    });
    let varies: Vec<String> = varies.collect();
    (!varies.is_empty()).then(|| json!(varies))
}

#[cfg(test)]
mod tests;
