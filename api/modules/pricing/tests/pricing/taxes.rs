//! Which taxes are in a price, or come on top.

use vitrine_pricing::{
    CountryTax, DeliveryTax, Destination, Facts, Line, On, Part, PriceError, RegionTax, TaxRules, Ties,
};

use super::world::*;

fn reduced(line: Line) -> Line {
    Line { tax_class: "reduced".parse().unwrap(), ..line }
}

#[test]
fn taxes_are_listed_by_rate_and_delivery_goes_with_the_goods() {
    let quote = Shop::new([]).price(&[line("a", 1, 3_000), reduced(line("b", 1, 1_000))], &facts());
    let way = quote.delivery.chosen.as_ref().unwrap();
    let shares: Vec<(String, i64)> =
        way.taxes.iter().map(|tax| (tax.rate.to_string(), tax.of.minor())).collect();
    assert_eq!(shares, [("7".to_owned(), 123), ("19".to_owned(), 367)]);
    let rates: Vec<(String, i64)> =
        quote.taxes.iter().map(|tax| (tax.rate.to_string(), tax.net.minor() + tax.tax.minor())).collect();
    assert_eq!(rates, [("7".to_owned(), 1_123), ("19".to_owned(), 3_367)]);
}

#[test]
fn tax_is_rounded_once_for_a_rate() {
    // Line by line, 8.1 % inside of 0.07 would be 0.01 each.
    let on_top = Facts { prices_include_tax: false, ..facts() };
    let lines: Vec<Line> = (0..10).map(|number| line(&format!("l{number}"), 1, 2)).collect();
    let mut shop = Shop::new([]);
    shop.delivery.methods.clear();
    let quote = shop.price(&lines, &on_top);
    assert_eq!(quote.totals.tax, eur(4), "19 % of 0.20 is 0.038");
    assert_eq!(quote.totals.total, eur(24));
    let taxed: i64 = quote.lines.iter().map(|line| line.taxes[0].tax.minor()).sum();
    assert_eq!(taxed, 4);
}

#[test]
fn the_destination_decides_the_tax_and_not_the_price() {
    let to = |code: &str| Facts { destination: Destination::country(country(code)), ..facts() };
    let shop = Shop::new([]);
    let (home, abroad) =
        (shop.price(&[line("a", 1, 10_000)], &to("DE")), shop.price(&[line("a", 1, 10_000)], &to("CH")));
    assert_eq!(home.totals.goods, abroad.totals.goods);
    assert_eq!(home.taxes[0].rate, rate("19"));
    assert_eq!(abroad.taxes[0].rate, rate("8.1"));
    let nowhere = shop.try_price(&[line("a", 1, 1)], &to("FR"));
    assert_eq!(nowhere.unwrap_err(), PriceError::NoTaxTable(country("FR")));
}

fn us() -> TaxRules {
    let classes = |percent: &str| [("standard".parse().unwrap(), rate(percent))].into();
    let regions = [
        ("CA", RegionTax { rates: classes("7.25"), delivery: Some(DeliveryTax::Exempt) }),
        ("NY", RegionTax { rates: classes("5"), delivery: None }),
        ("OR", RegionTax::default()),
    ];
    let table = CountryTax {
        rates: classes("0"),
        delivery: DeliveryTax::Goods,
        ties: Ties::Up,
        regions: regions.into_iter().map(|(region, table)| (region.to_owned(), table)).collect(),
    };
    TaxRules { countries: [(country("DE"), table)].into() }
}

#[test]
fn states_have_rates_of_their_own() {
    let mut shop = Shop::new([]);
    shop.taxes = us();
    let to = |region: Option<&str>| Facts {
        prices_include_tax: false,
        destination: Destination { region: region.map(str::to_owned), ..Destination::country(country("DE")) },
        ..facts()
    };
    let price = |region| shop.price(&[line("a", 1, 1_010)], &to(region));
    let unknown_yet = price(None);
    assert_eq!((unknown_yet.totals.tax, unknown_yet.tax_final), (eur(0), false));
    let california = price(Some("CA"));
    assert_eq!((california.totals.tax, california.tax_final), (eur(73), true));
    assert_eq!(california.totals.total, eur(1_010 + 490 + 73));
    // 5 % of 10.10 + 4.90 is exactly 0.75; of 10.10 alone 0.505, which goes up.
    assert_eq!(price(Some("NY")).totals.tax, eur(75));
    shop.delivery.methods.clear();
    assert_eq!(shop.price(&[line("a", 1, 1_010)], &to(Some("NY"))).totals.tax, eur(51));
    assert_eq!(shop.price(&[line("a", 1, 1_010)], &to(Some("OR"))).totals.tax, eur(0));
    let wrong = shop.try_price(&[line("a", 1, 1)], &to(Some("XX"))).unwrap_err();
    assert_eq!(wrong.to_string(), "taxes.DE.regions has no region `XX`");
}

#[test]
fn a_bundle_is_taxed_part_by_part() {
    let part = |sku: &str, class: &str, minor| Part {
        sku: sku.parse().unwrap(),
        quantity: 2,
        tax_class: class.parse().unwrap(),
        value: eur(minor),
    };
    let parts = vec![part("BOOK", "reduced", 300), part("MUG", "standard", 100)];
    let mut shop = Shop::new([promotion("p", percent("10", On::Order))]);
    shop.delivery.methods.clear();
    let quote = shop.price(&[Line { parts, ..line("box", 1, 1_000) }], &facts());
    let shares: Vec<(String, i64)> =
        quote.lines[0].taxes.iter().map(|tax| (tax.rate.to_string(), tax.of.minor())).collect();
    assert_eq!(shares, [("7".to_owned(), 675), ("19".to_owned(), 225)]);
}

#[test]
fn delivery_is_taxed_as_the_country_says() {
    let mut shop = Shop::new([]);
    let lines = [reduced(line("a", 1, 1_000))];
    shop.taxes.countries.get_mut(&country("DE")).unwrap().delivery =
        DeliveryTax::Class("standard".parse().unwrap());
    let rates = |shop: &Shop| -> Vec<String> {
        shop.price(&lines, &facts()).taxes.iter().map(|tax| tax.rate.to_string()).collect()
    };
    assert_eq!(rates(&shop), ["7", "19"]);
    shop.taxes.countries.get_mut(&country("DE")).unwrap().delivery = DeliveryTax::Exempt;
    assert_eq!(rates(&shop), ["0", "7"]);
}

#[test]
fn goods_for_nothing_still_tax_their_delivery() {
    let shop = Shop::new([promotion("p", percent("100", On::Order))]);
    let quote = shop.price(&[line("a", 1, 1_000), reduced(line("b", 1, 1_000))], &facts());
    assert_eq!(quote.totals.total, eur(490));
    assert_eq!(quote.totals.tax, eur(490).tax_included(rate("19")));
}

#[test]
fn a_class_without_a_rate_is_an_error() {
    let odd = Line { tax_class: "odd".parse().unwrap(), ..line("a", 1, 1) };
    let error = Shop::new([]).try_price(&[odd], &facts()).unwrap_err();
    assert_eq!(error.to_string(), "taxes.DE.rates has no class `odd`");
}
