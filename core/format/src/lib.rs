//! Prices, numbers, dates and names as a locale writes them, through ICU4X and the CLDR data in it.
//!
//! A [`Formatter`] is made once a locale and cloned freely. Spaces inside its results are the no-break
//! spaces of CLDR, and Arabic results carry direction marks, so compare and search with care.

mod currency;
mod exceptions;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use icu_calendar::{Date, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale::names::{
    LanguageIdentifierDisplayName, LanguageIdentifierDisplayNameOptions, RegionDisplayName,
};
use icu_locale::subtags::Region;
use icu_locale::{LanguageIdentifier, Locale as IcuLocale};
use thiserror::Error;
use vitrine_core::{Country, Currency, Locale, Money, Timestamp};

use crate::currency::PriceFormatter;
use crate::exceptions::date_locale;

/// Why a locale cannot be formatted in.
#[derive(Debug, Error)]
pub enum FormatError {
    /// ICU4X does not read the tag.
    #[error("{locale} is no locale that numbers and dates can be written in")]
    Locale {
        /// The locale asked for.
        locale: Locale,
        /// What ICU4X said.
        #[source]
        source: icu_locale::ParseError,
    },
    /// The compiled data lacks something for the locale.
    #[error("the data to write numbers and dates in {locale} is missing")]
    Data {
        /// The locale asked for.
        locale: Locale,
        /// What ICU4X said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Writes prices, numbers, dates and names in one locale.
///
/// A clone is one reference count. What a currency needs is loaded when its first price is written.
#[derive(Debug, Clone)]
pub struct Formatter(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    locale: Locale,
    icu: IcuLocale,
    decimal: DecimalFormatter,
    date: FixedCalendarDateTimeFormatter<Gregorian, YMD>,
    prices: RwLock<BTreeMap<Currency, Arc<PriceFormatter>>>,
}

impl Formatter {
    /// Loads the rules of a locale.
    ///
    /// A locale that CLDR does not know is written by its language's rules, or by CLDR's root rules.
    pub fn try_new(locale: &Locale) -> Result<Self, FormatError> {
        let icu: IcuLocale = locale
            .as_str()
            .parse()
            .map_err(|source| FormatError::Locale { locale: locale.clone(), source })?;
        let decimal = DecimalFormatter::try_new((&icu).into(), Default::default())
            .map_err(|source| missing(locale, source))?;
        // Gregorian everywhere: offers and deliveries are dated so even where another calendar is usual.
        let date = FixedCalendarDateTimeFormatter::try_new((&date_locale(&icu)).into(), YMD::long())
            .map_err(|source| missing(locale, source))?;
        let prices = RwLock::default();
        Ok(Self(Arc::new(Parts { locale: locale.clone(), icu, decimal, date, prices })))
    }

    /// The locale it writes in.
    pub fn locale(&self) -> &Locale {
        &self.0.locale
    }

    /// A price with its currency and all the currency's decimals, such as `1.199,00 €`.
    ///
    /// A currency that the data cannot write comes out plainly, such as `1199.00 EUR`.
    pub fn money(&self, money: Money) -> String {
        match self.price_formatter(money.currency()) {
            Some(prices) => prices.format(money),
            None => money.to_string(),
        }
    }

    /// A whole number with its grouping, such as `12.345`.
    pub fn integer(&self, value: i64) -> String {
        self.0.decimal.format(&Decimal::from(value)).to_string()
    }

    /// An exact decimal number with the digits it is given, such as `4.6` as `4,6`.
    ///
    /// A text that is no decimal number comes back as it is.
    pub fn decimal(&self, text: &str) -> String {
        match text.parse::<Decimal>() {
            Ok(value) => self.0.decimal.format(&value).to_string(),
            Err(_) => text.to_owned(),
        }
    }

    /// The UTC day of a time in its long form, such as `20. November 2026`.
    pub fn date(&self, time: Timestamp) -> String {
        let (year, month, day) = time.year_month_day();
        let date = i32::try_from(year).ok().and_then(|year| Date::try_new_gregorian(year, month, day).ok());
        match date {
            Some(date) => self.0.date.format(&date).to_string(),
            None => time.to_date(),
        }
    }

    /// The name of a country, such as `Schweiz`, or its code where CLDR has none.
    pub fn country_name(&self, country: Country) -> String {
        match country.code().parse::<Region>() {
            Ok(region) => {
                RegionDisplayName::new_light_with_fallback((&self.0.icu).into(), region).to_string()
            }
            Err(_) => country.code().to_owned(),
        }
    }

    /// The name of a locale's language, such as `Französisch`, without its region.
    ///
    /// It is cased as CLDR has it for running text (`français` in French). A script that the tag names is
    /// part of the name, because it tells Traditional from Simplified Chinese.
    pub fn language_name(&self, locale: &Locale) -> String {
        let Ok(mut language) = locale.as_str().parse::<LanguageIdentifier>() else {
            return locale.language().to_owned();
        };
        language.region = None;
        language.variants.clear();
        let options = LanguageIdentifierDisplayNameOptions::default();
        LanguageIdentifierDisplayName::try_new_light((&self.0.icu).into(), language, options)
            .map_or_else(|_| locale.language().to_owned(), |name| name.as_borrowed().to_string())
    }

    fn price_formatter(&self, currency: Currency) -> Option<Arc<PriceFormatter>> {
        let loaded = self.0.prices.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(prices) = loaded.get(&currency) {
            return Some(Arc::clone(prices));
        }
        drop(loaded);
        let prices = Arc::new(PriceFormatter::try_new(&self.0.icu, currency)?);
        let mut loaded = self.0.prices.write().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(loaded.entry(currency).or_insert(prices)))
    }
}

fn missing(locale: &Locale, source: impl std::error::Error + Send + Sync + 'static) -> FormatError {
    FormatError::Data { locale: locale.clone(), source: Box::new(source) }
}
