//! Structured data of schema.org, with what search engines ask of each type.

use serde_json::Value;

use crate::page::Page;
use crate::site::{Site, assert_none, site};

const PRODUCT: [&str; 2] = ["Product", "ProductGroup"];
const AVAILABILITIES: [&str; 4] = ["InStock", "LimitedAvailability", "BackOrder", "OutOfStock"];
/// The currency of each edition's country.
const CURRENCIES: [(&str, &str); 11] = [
    ("DE", "EUR"),
    ("CH", "CHF"),
    ("GB", "GBP"),
    ("JP", "JPY"),
    ("AE", "AED"),
    ("AT", "EUR"),
    ("FR", "EUR"),
    ("NL", "EUR"),
    ("PL", "PLN"),
    ("SE", "SEK"),
    ("US", "USD"),
];

/// Checks of one document; a mistake is noted with the page's path.
struct Check<'a> {
    site: &'a Site,
    path: &'a str,
    page: &'a Page,
    mistakes: &'a mut Vec<String>,
}

impl Check<'_> {
    fn that(&mut self, holds: bool, what: &str) {
        if !holds {
            self.mistakes.push(format!("{}: {what}", self.path));
        }
    }

    fn text(&mut self, document: &Value, key: &str) {
        let text = document[key].as_str().unwrap_or_default();
        self.that(!text.trim().is_empty(), &format!("{} without {key}", document["@type"]));
    }

    /// An absolute address of this site at which a page stands.
    fn page_at(&mut self, document: &Value, key: &str) {
        let url = document[key].as_str().unwrap_or_default();
        let there = self.site.path_of(url).is_some_and(|path| self.site.pages.contains_key(&path));
        self.that(there, &format!("{}: {key} is {url}", document["@type"]));
    }

    fn images(&mut self, document: &Value) {
        for url in document["image"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(document["image"].is_string().then_some(&document["image"]))
        {
            let url = url.as_str().unwrap_or_default();
            let there = self.site.path_of(url).is_some_and(|path| self.site.paths.contains(&path));
            self.that(there, &format!("no picture {url}"));
        }
    }

    fn product(&mut self, product: &Value) {
        self.text(product, "name");
        self.text(product, "sku");
        self.images(product);
        let offer = &product["offers"];
        self.that(offer["@type"] == "Offer", "a product without an offer");
        self.page_at(offer, "url");
        let price = offer["price"].as_str().unwrap_or_default();
        let number: f64 = price.parse().unwrap_or_default();
        self.that(number > 0.0, &format!("price {price}"));
        let region = self.page.lang.rsplit('-').next().unwrap_or_default();
        let currency =
            CURRENCIES.iter().find(|(country, _)| *country == region).map(|(_, currency)| *currency);
        self.that(
            offer["priceCurrency"].as_str() == currency,
            &format!("currency {}", offer["priceCurrency"]),
        );
        let availability = offer["availability"].as_str().unwrap_or_default();
        let short = availability.trim_start_matches("https://schema.org/");
        self.that(AVAILABILITIES.contains(&short), &format!("availability {availability}"));
        let shipping = &offer["shippingDetails"];
        self.that(shipping["shippingRate"]["value"].is_string(), "an offer without shippingDetails");
        self.that(shipping["shippingDestination"]["addressCountry"] == region, "delivery to another country");
        let policy = &offer["hasMerchantReturnPolicy"];
        self.that(policy["returnPolicyCategory"].is_string(), "an offer without hasMerchantReturnPolicy");
        self.that(policy["applicableCountry"] == region, "returns from another country");
    }

    /// One variant stands here in full, the others on pages of their own.
    fn group(&mut self, group: &Value) {
        self.text(group, "name");
        self.text(group, "productGroupID");
        self.page_at(group, "url");
        self.images(group);
        let variants = group["hasVariant"].as_array().cloned().unwrap_or_default();
        let full: Vec<&Value> = variants.iter().filter(|variant| variant.get("offers").is_some()).collect();
        self.that(variants.len() > 1, "a group of fewer than two");
        self.that(!full.is_empty(), "a group without a variant in full");
        self.that(
            group["variesBy"].as_array().is_some_and(|by| !by.is_empty()),
            "a group that varies by nothing",
        );
        for variant in full {
            self.product(variant);
        }
        for variant in variants.iter().filter(|variant| variant.get("offers").is_none()) {
            self.page_at(variant, "url");
            let path = variant["url"].as_str().and_then(|url| self.site.path_of(url));
            let page = path.and_then(|path| self.site.pages.get(&path));
            let offered = page
                .is_some_and(|page| page.data_of(&["Product"]).iter().any(|one| one["offers"].is_object()));
            self.that(offered, &format!("no offer at {}", variant["url"]));
        }
    }

    fn rating(&mut self, document: &Value) {
        let Some(rating) = document.get("aggregateRating") else { return };
        let value: f64 =
            rating["ratingValue"].as_str().and_then(|value| value.parse().ok()).unwrap_or_default();
        let count = rating["reviewCount"].as_i64().unwrap_or_default();
        self.that((1.0..=5.0).contains(&value) && count > 0, &format!("rating {rating}"));
    }

    fn breadcrumb(&mut self, list: &Value) {
        let items = list["itemListElement"].as_array().cloned().unwrap_or_default();
        self.that(items.len() > 1, "a breadcrumb of one");
        for (position, item) in items.iter().enumerate() {
            self.that(item["position"] == position + 1, "a breadcrumb out of order");
            self.text(item, "name");
            // The last step is the page itself.
            if position + 1 < items.len() {
                self.page_at(item, "item");
            }
        }
    }

    fn questions(&mut self, faq: &Value) {
        let questions = faq["mainEntity"].as_array().cloned().unwrap_or_default();
        self.that(!questions.is_empty(), "questions without any");
        for question in &questions {
            self.text(question, "name");
            let answer = question["acceptedAnswer"]["text"].as_str().unwrap_or_default();
            self.that(!answer.trim().is_empty(), "a question without answer");
            let raw = ["product:", "category:", "page:"]
                .iter()
                .any(|scheme| answer.contains(&format!("\"{scheme}")));
            self.that(!raw, &format!("an answer with a link that leads nowhere: {answer}"));
        }
    }
}

/// Runs checks over every page that people are meant to see.
fn over_pages(check: impl Fn(&mut Check<'_>)) {
    let site = site();
    let mut mistakes = Vec::new();
    for (path, page) in site.pages.iter().filter(|(_, page)| page.refresh.is_none()) {
        check(&mut Check { site, path, page, mistakes: &mut mistakes });
    }
    assert_none(mistakes);
}

#[test]
fn all_structured_data_can_be_read() {
    over_pages(|check| {
        for data in &check.page.data {
            match data {
                Err(error) => check.that(false, error),
                Ok(data) => {
                    check.that(data["@context"] == "https://schema.org", "data of no vocabulary");
                    check.that(data["@type"].is_string(), "data of no type");
                    check.rating(data);
                }
            }
        }
    });
}

#[test]
fn products_say_what_they_cost_where_they_go_and_how_they_come_back() {
    over_pages(|check| {
        let is_product = check.path.contains("/p/");
        let found = check.page.data_of(&PRODUCT);
        check.that(found.len() == usize::from(is_product), "a product page says one product, others none");
        for product in found {
            match product["@type"] == "ProductGroup" {
                true => check.group(product),
                false => {
                    check.product(product);
                    check.page_at(product, "url");
                }
            }
        }
    });
}

#[test]
fn every_page_below_the_home_page_says_where_it_stands() {
    over_pages(|check| {
        let is_home = check.site.edition_of(check.path).is_none_or(|edition| edition.path == check.path);
        let found = check.page.data_of(&["BreadcrumbList"]);
        let is_placed = !is_home && !check.path.ends_with("/404.html");
        check.that(found.len() == usize::from(is_placed), "a page has one breadcrumb, a home page none");
        for list in found {
            check.breadcrumb(list);
        }
    });
}

#[test]
fn home_pages_say_who_keeps_the_shop() {
    over_pages(|check| {
        let is_home = check.site.edition_of(check.path).is_some_and(|edition| edition.path == check.path);
        let found = check.page.data_of(&["Organization", "OnlineStore"]);
        check.that(found.len() == usize::from(is_home), "home pages say the organization, others don't");
        for organization in found {
            check.text(organization, "name");
            check.page_at(organization, "url");
        }
    });
}

#[test]
fn questions_are_told_to_search_engines() {
    let site = site();
    over_pages(|check| {
        for faq in check.page.data_of(&["FAQPage"]) {
            check.questions(faq);
        }
    });
    for edition in &site.editions {
        let pages = site.pages.iter().filter(|(path, _)| path.starts_with(&edition.path));
        let count = pages.filter(|(_, page)| !page.data_of(&["FAQPage"]).is_empty()).count();
        assert!(count > 0, "{} has no page of questions", edition.path);
    }
}
