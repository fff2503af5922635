//! Prices in one currency: ICU4X's patterns and symbols, the currency's own decimals.

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::provider::{DecimalDigitsV1, DecimalSymbolStrsBuilder, DecimalSymbols, DecimalSymbolsV1};
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use icu_experimental::dimension::provider::currency::essentials::CurrencyEssentialsV1;
use icu_experimental::dimension::provider::currency::fractions::{
    CurrencyFractions, CurrencyFractionsV1, FractionInfo,
};
use icu_experimental::dimension::provider::currency::no_currency::CurrencyPatternsNoCurrencyV1;
use icu_experimental::dimension::provider::currency::symbols::{CurrencyDecimalSymbolsV1, CurrencySymbolsV1};
use icu_locale::Locale;
use icu_provider::prelude::{DataError, DataPayload, DataProvider, DataRequest, DataResponse};
use vitrine_core::{Currency, Money};
use zerovec::VarZeroCow;

use crate::exceptions::{PriceSeparators, price_separators};

/// Writes prices of one currency in one locale.
#[derive(Debug)]
pub(crate) struct PriceFormatter(CurrencyFormatter<DecimalFormatter>);

impl PriceFormatter {
    /// Loads what the locale says about the currency.
    pub(crate) fn try_new(locale: &Locale, currency: Currency) -> Option<Self> {
        let code: CurrencyType = currency.code().parse().ok()?;
        let data = PriceData { digits: currency.exponent(), separators: price_separators(locale) };
        CurrencyFormatter::try_new_symbol_unstable(&data, locale.into(), code, Default::default())
            .ok()
            .map(Self)
    }

    /// Writes a price of this formatter's currency.
    pub(crate) fn format(&self, money: Money) -> String {
        let mut value = Decimal::from(money.minor());
        value.multiply_pow10(-i16::from(money.currency().exponent()));
        self.0.format_fixed_decimal(&value).to_string()
    }
}

/// The compiled data with two corrections.
///
/// Decimals are those of ISO 4217: CLDR gives everyday ones, none for RSD or LBP, and ICU4X rounds to
/// them, but a price on a page must be the price that is charged. Separators are those that CLDR has for
/// prices where they differ from those of other numbers, which ICU4X's data leaves out.
struct PriceData {
    digits: u8,
    separators: PriceSeparators,
}

impl DataProvider<CurrencyFractionsV1> for PriceData {
    fn load(&self, _request: DataRequest) -> Result<DataResponse<CurrencyFractionsV1>, DataError> {
        let default = FractionInfo { digits: self.digits, ..FractionInfo::default() };
        let fractions = CurrencyFractions { fractions: Default::default(), default };
        Ok(DataResponse { metadata: Default::default(), payload: DataPayload::from_owned(fractions) })
    }
}

impl DataProvider<DecimalSymbolsV1> for PriceData {
    fn load(&self, request: DataRequest) -> Result<DataResponse<DecimalSymbolsV1>, DataError> {
        let response: DataResponse<DecimalSymbolsV1> = icu_decimal::provider::Baked.load(request)?;
        let symbols = response.payload.get();
        let strings = DecimalSymbolStrsBuilder {
            minus_sign_prefix: VarZeroCow::new_borrowed(symbols.minus_sign_prefix()),
            minus_sign_suffix: VarZeroCow::new_borrowed(symbols.minus_sign_suffix()),
            plus_sign_prefix: VarZeroCow::new_borrowed(symbols.plus_sign_prefix()),
            plus_sign_suffix: VarZeroCow::new_borrowed(symbols.plus_sign_suffix()),
            decimal_separator: VarZeroCow::new_borrowed(
                self.separators.decimal.unwrap_or(symbols.decimal_separator()),
            ),
            grouping_separator: VarZeroCow::new_borrowed(
                self.separators.group.unwrap_or(symbols.grouping_separator()),
            ),
            numsys: VarZeroCow::new_borrowed(symbols.numsys()),
        };
        let corrected = DecimalSymbols { strings: strings.build(), grouping_sizes: symbols.grouping_sizes };
        Ok(DataResponse { metadata: response.metadata, payload: DataPayload::from_owned(corrected) })
    }
}

macro_rules! compiled {
    ($baked:path: $($marker:ty),+) => {
        $(
            impl DataProvider<$marker> for PriceData {
                fn load(&self, mut request: DataRequest) -> Result<DataResponse<$marker>, DataError> {
                    // A currency without a symbol of its own is no error, so ICU4X need not print one.
                    request.metadata.silent = true;
                    $baked.load(request)
                }
            }
        )+
    };
}

compiled!(icu_experimental::provider::Baked:
    CurrencyEssentialsV1, CurrencySymbolsV1, CurrencyPatternsNoCurrencyV1, CurrencyDecimalSymbolsV1);
compiled!(icu_decimal::provider::Baked: DecimalDigitsV1);
