//! What a store and its countries are, without I/O.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_core::{Country, Currency, Locale, Money, Rate, StoreId, TaxClass};

use crate::{Error, Schedule};

/// One brand's shop: what holds in every country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreConfig {
    /// The tenant; first part of every key.
    pub id: StoreId,
    /// The brand as shoppers read it.
    pub name: String,
    /// Scheme and host of canonical URLs without a final slash, where a country has none of its own.
    pub origin: String,
    /// The country that `x-default` stands for and that answers where none fits.
    pub default_country: Country,
    /// File of `media/` shown as logo; the name stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// CSS colour of browser chrome and web manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon_color: Option<String>,
    /// Who sells.
    pub organization: Organization,
    /// Language -> languages tried after it, in order.
    #[serde(default)]
    pub fallback: BTreeMap<Locale, Vec<Locale>>,
}

/// The legal person behind a store, as JSON-LD's Organization wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Registered name.
    pub legal_name: String,
    /// Street and number.
    pub street: String,
    /// Postal code.
    pub postcode: String,
    /// Town.
    pub city: String,
    /// Where the firm sits.
    pub country: Country,
    /// Address for mail from shoppers.
    pub email: String,
    /// International form, `+49 30 ..`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Absolute URLs of profiles elsewhere.
    #[serde(default)]
    pub same_as: Vec<String>,
}

/// A market: everything that differs from country to country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountryConfig {
    /// ISO 3166-1 code; the storefront's name.
    pub country: Country,
    /// The one currency its prices are in.
    pub currency: Currency,
    /// IANA time zone of schedules and of dates that shoppers read.
    pub time_zone: String,
    /// When the scheduled builds are due, as cron with seconds, or `never`; without one at
    /// [`CountryConfig::NIGHTLY`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Scheme and host without a final slash, where they differ from the store's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The country's editions; the first is its default.
    pub locales: Vec<EditionConfig>,
    /// Whether a reduction shows the lowest price of the 30 days before it (directive 98/6/EC, article 6a).
    #[serde(default)]
    pub prior_price: bool,
    /// Tax rules.
    pub tax: Tax,
    /// Ways of delivery, in the order shown.
    #[serde(default)]
    pub delivery: Vec<DeliveryMethod>,
    /// Ids of payment methods, in the order shown.
    #[serde(default)]
    pub payment_methods: Vec<String>,
    /// Message ids of notes under prices.
    #[serde(default)]
    pub legal_notes: Vec<String>,
    /// Names of content pages that the footer must show.
    #[serde(default)]
    pub legal_pages: Vec<String>,
    /// How long and at whose cost goods may come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<Returns>,
}

impl CountryConfig {
    /// Where nothing else is said: while most shoppers sleep, and clear of the hours at which clocks change.
    pub const NIGHTLY: &'static str = "0 0 4 * * *";
    /// There are no scheduled builds.
    pub const NEVER: &'static str = "never";

    /// When its scheduled builds are due; `None` for never.
    ///
    /// # Errors
    /// When schedule or time zone can't be read.
    pub fn schedule(&self) -> Result<Option<Schedule>, Error> {
        match self.schedule.as_deref().unwrap_or(Self::NIGHTLY) {
            Self::NEVER => Ok(None),
            cron => match Schedule::try_new(cron, &self.time_zone) {
                Ok(schedule) => Ok(Some(schedule)),
                Err(why) => Err(Error::Schedule { country: self.country, why }),
            },
        }
    }
}

/// One locale of a country and where its pages begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditionConfig {
    /// Language and region, `fr-CH`.
    pub locale: Locale,
    /// Base path with both slashes, `/ch-fr/`; unique in the store.
    pub path: String,
}

/// Tax of a country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// `true`: prices contain it; `false`: it comes on top.
    pub included: bool,
    /// Rate of each tax class.
    pub rates: BTreeMap<TaxClass, Rate>,
}

/// A way goods reach the shopper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryMethod {
    /// Message `delivery_<id>` labels it.
    pub id: String,
    /// What it costs, in the country's currency.
    pub price: Money,
    /// Subtotal from which it costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<Money>,
    /// Working days from order to door, from and to.
    pub days: (u16, u16),
}

/// The promise to take goods back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    /// Days from delivery.
    pub days: u16,
    /// Whether the shop pays the way back.
    pub free: bool,
}

/// A storefront in one of its locales: the thing that has a base path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The storefront.
    pub country: Country,
    /// The language its texts are looked up in.
    pub locale: Locale,
    /// Scheme and host of its canonical URLs.
    pub origin: String,
    /// Base path, `/ch-fr/`.
    pub path: String,
}

/// A store with its countries, as every reader needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// What holds everywhere.
    pub config: StoreConfig,
    /// Countries in order of their codes.
    pub countries: Vec<CountryConfig>,
}

impl Store {
    /// The editions of all countries: countries by code, locales in the order each lists them.
    pub fn editions(&self) -> Vec<Edition> {
        self.countries.iter().flat_map(|country| self.editions_of(country)).collect()
    }

    /// The editions of one country, its default first.
    pub fn editions_of(&self, country: &CountryConfig) -> Vec<Edition> {
        let origin = country.origin.as_ref().unwrap_or(&self.config.origin);
        country
            .locales
            .iter()
            .map(|edition| Edition {
                country: country.country,
                locale: edition.locale.clone(),
                origin: origin.clone(),
                path: edition.path.clone(),
            })
            .collect()
    }

    /// One country, if the store sells there.
    pub fn country(&self, country: Country) -> Option<&CountryConfig> {
        self.countries.iter().find(|candidate| candidate.country == country)
    }

    /// The languages in which a text for `locale` is looked up, best first: `fr-CH`, `fr`, then the fallback chain.
    pub fn text_chain(&self, locale: &Locale) -> Vec<Locale> {
        let mut chain = locale.chain();
        let fallbacks = chain.iter().find_map(|step| self.config.fallback.get(step));
        for fallback in fallbacks.into_iter().flatten() {
            for step in fallback.chain() {
                if !chain.contains(&step) {
                    chain.push(step);
                }
            }
        }
        chain
    }
}
