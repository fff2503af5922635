//! What all pages of an edition share: words, header, footer and the way links resolve.

use std::collections::BTreeMap;
use std::sync::Arc;

use vitrine_catalog::{Schema, SchemaText};
use vitrine_content::{LinkTarget, PageKind};
use vitrine_core::{ContentHash, Hasher, Locale, Timestamp};
use vitrine_store::{CountryConfig, Edition, Store};
use vitrine_theme::views::{
    FooterColumn, FooterView, HeaderView, LanguageLink, Link, OrganizationView, ShellView,
};
use vitrine_theme::{Html, Shell, Theme};

use crate::error::BuildError;
use crate::index::{Index, View};
use crate::words::Words;

/// Raised when code changes what pages look like without a change of templates or data.
///
/// A worker refuses a storefront that a newer epoch has published.
pub const RENDER_EPOCH: i64 = 1;

/// The epoch of this program.
pub(crate) fn render_epoch() -> i64 {
    #[cfg(debug_assertions)]
    if let Some(epoch) = crate::rehearsal::render_epoch() {
        return epoch;
    }
    RENDER_EPOCH
}

/// Name of the content page that explains delivery; linked under prices where it exists.
pub(crate) const DELIVERY_PAGE: &str = "shipping";
/// Name of the content page that explains returns.
pub(crate) const RETURNS_PAGE: &str = "returns";
/// Name of the content page that tells how to reach the shop.
pub(crate) const CONTACT_PAGE: &str = "contact";

/// Everything that builds read besides products.
#[derive(Debug)]
pub(crate) struct Context {
    /// The store with its countries.
    pub store: Store,
    /// Attributes and product types.
    pub schema: Schema,
    /// Their words.
    pub schema_texts: BTreeMap<Locale, SchemaText>,
    /// Templates and assets.
    pub theme: Arc<Theme>,
}

/// An edition ready to render.
#[derive(Debug)]
pub(crate) struct Site {
    /// Its number in the ledger.
    pub number: i64,
    /// Country, locale, origin and base path.
    pub edition: Edition,
    /// Its country.
    pub country: CountryConfig,
    /// Where texts are looked up: own language first.
    pub chain: Vec<Locale>,
    /// The part of the chain in the own language.
    pub own: Vec<Locale>,
    /// Strings and numbers.
    pub words: Words,
    /// Values and words that every page's template gets.
    pub ready: Ready,
    /// Hash of all of the above.
    pub hash: ContentHash,
}

/// An edition as the theme takes it.
#[derive(Debug)]
pub(crate) struct Ready {
    /// For whole pages.
    pub shell: Shell,
    /// For fragments.
    pub words: vitrine_theme::Words,
}

impl Site {
    /// How this edition looks at the index.
    pub(crate) fn view<'a>(&'a self, index: &'a Index, as_of: Timestamp) -> View<'a> {
        View { index, country: self.edition.country, own: &self.own, base: &self.edition.path, as_of }
    }

    /// An absolute URL of a path here, as pages write it.
    pub(crate) fn absolute(&self, path: &str) -> String {
        absolute(&self.edition.origin, path)
    }

    /// Makes the edition: its words, header and footer.
    pub(crate) fn try_new(
        number: i64,
        edition: Edition,
        country: &CountryConfig,
        context: &Context,
        index: &Index,
        as_of: Timestamp,
    ) -> Result<Self, BuildError> {
        let chain = context.store.text_chain(&edition.locale);
        let own: Vec<Locale> =
            chain.iter().filter(|lang| lang.language() == edition.locale.language()).cloned().collect();
        let words = Words::try_new(&edition.locale, &chain, &index.content().strings)?;
        let frame = Frame {
            context,
            country,
            edition: &edition,
            words: &words,
            view: View { index, country: edition.country, own: &own, base: &edition.path, as_of },
            chain: &chain,
        };
        let (ready, hash) = frame.shell()?;
        Ok(Self { number, edition, country: country.clone(), chain, own, words, ready, hash })
    }
}

/// The hash of a value's JSON.
pub(crate) fn json_hash(value: &impl serde::Serialize) -> Result<ContentHash, BuildError> {
    ContentHash::of_json(value).map_err(|_| BuildError::State("model without a JSON form"))
}

/// An absolute URL as pages write it: everything outside ASCII as it is read, which HTML and JSON-LD allow and
/// which is a third of the bytes in Japanese.
pub(crate) fn absolute(origin: &str, path: &str) -> String {
    format!("{origin}{path}")
}

/// What an edition's shell is made from.
struct Frame<'a> {
    context: &'a Context,
    country: &'a CountryConfig,
    edition: &'a Edition,
    words: &'a Words,
    view: View<'a>,
    chain: &'a [Locale],
}

impl Frame<'_> {
    fn shell(&self) -> Result<(Ready, ContentHash), BuildError> {
        let theme = &self.context.theme;
        let fail = |source| BuildError::Theme { page: self.edition.path.clone(), source };
        let plain =
            theme.messages().templates.iter().filter_map(|id| Some((id.clone(), self.words.find(id)?)));
        let words = theme.words(&plain.collect()).map_err(fail)?;
        let mut shell = ShellView {
            lang: self.edition.locale.as_str().into(),
            dir: self.edition.locale.direction().as_str().into(),
            country: self.country.country.code().into(),
            currency: self.country.currency.code().into(),
            store_name: self.context.store.config.name.as_str().into(),
            home_url: self.edition.path.as_str().into(),
            theme_color: self.context.store.config.icon_color.as_deref().unwrap_or("#ffffff").into(),
            og_locale: self.edition.locale.as_str().replace('-', "_").into(),
            manifest_url: Some(format!("{}manifest.webmanifest", self.edition.path).into()),
            header: Html::default(),
            footer: Html::default(),
        };
        shell.header = theme.fragment(&words, &self.header()).map_err(fail)?;
        shell.footer = theme.fragment(&words, &self.footer()).map_err(fail)?;
        let shell = Shell::try_new(&shell, &words).map_err(fail)?;
        let hash = self.hash(&shell)?;
        Ok((Ready { shell, words }, hash))
    }

    fn hash(&self, shell: &Shell) -> Result<ContentHash, BuildError> {
        let mut hasher = Hasher::new("vitrine site");
        hasher.int(render_epoch());
        hasher.hash(&shell.hash());
        hasher.hash(&self.context.theme.hash());
        for part in [
            json_hash(&self.context.store.config)?,
            // All countries, because chooser and alternates name each of them.
            json_hash(&self.context.store.countries)?,
            json_hash(&self.context.schema)?,
            json_hash(&self.context.schema_texts)?,
            json_hash(&self.view.index.content().strings)?,
        ] {
            hasher.hash(&part);
        }
        Ok(hasher.finish())
    }

    fn header(&self) -> HeaderView<'static> {
        let store = &self.context.store;
        HeaderView {
            store_name: store.config.name.clone().into(),
            logo: None,
            home_url: self.edition.path.clone().into(),
            announcement: self.announcement().map(Into::into),
            nav: self.links(&self.view.index.content().navigation.main),
            search_url: None,
            cart_url: None,
            chooser_url: "/".into(),
            country_name: self.words.country(self.country.country).into(),
            currency: self.country.currency.code().into(),
            languages: self.languages(),
        }
    }

    /// The promise that holds for every product: delivery without cost, where the country has it.
    fn announcement(&self) -> Option<String> {
        let free_from = self.country.delivery.first()?.free_from?;
        Some(self.words.text("free_delivery_from", "amount", self.words.money(free_from)))
    }

    fn footer(&self) -> FooterView<'static> {
        let store = &self.context.store;
        let content = self.view.index.content();
        let columns = content.navigation.footer.iter().map(|column| FooterColumn {
            title: self.words.plain(&column.title).into(),
            links: self.links(&column.items),
        });
        let legal: Vec<String> = self.country.legal_pages.iter().map(|name| format!("page:{name}")).collect();
        let organization = &store.config.organization;
        FooterView {
            store_name: store.config.name.clone().into(),
            columns: columns.filter(|column| !column.links.is_empty()).collect(),
            legal_links: self.links(&legal),
            legal_notes: self.country.legal_notes.iter().map(|id| self.words.plain(id).into()).collect(),
            payment_methods: self
                .country
                .payment_methods
                .iter()
                .map(|id| self.words.plain(&format!("payment_{id}")).into())
                .collect(),
            organization: OrganizationView {
                legal_name: organization.legal_name.clone().into(),
                address: vec![
                    organization.street.clone().into(),
                    format!("{} {}", organization.postcode, organization.city).into(),
                    self.words.country(organization.country).into(),
                ],
                email: organization.email.clone().into(),
                phone: organization.phone.clone().unwrap_or_default().into(),
            },
            chooser_url: "/".into(),
            country_name: self.words.country(self.country.country).into(),
            currency: self.country.currency.code().into(),
            languages: self.languages(),
            copyright: format!("© {}", organization.legal_name).into(),
            sample_notice: self.words.find("sample_notice").map(Into::into),
        }
    }

    fn languages(&self) -> Vec<LanguageLink<'static>> {
        self.country
            .locales
            .iter()
            .map(|edition| LanguageLink {
                label: endonym(&edition.locale).into(),
                lang: edition.locale.as_str().to_owned().into(),
                url: edition.path.clone().into(),
                current: edition.locale == self.edition.locale,
            })
            .collect()
    }

    /// Menu entries for links as content files write them; what is not shown here is left out.
    fn links(&self, items: &[String]) -> Vec<Link<'static>> {
        items.iter().filter_map(|item| self.link(item)).collect()
    }

    fn link(&self, item: &str) -> Option<Link<'static>> {
        let target = LinkTarget::parse(item).ok()?;
        let url = self.view.resolve(&target).0?;
        let label = label_of(&self.view, self.chain, &target)?;
        Some(Link { label: label.into(), url: url.into() })
    }
}

/// What a menu calls the target of a link.
pub(crate) fn label_of(view: &View<'_>, chain: &[Locale], target: &LinkTarget) -> Option<String> {
    match target {
        LinkTarget::Category { id, .. } => {
            let texts = &view.index.category_by_id(id)?.texts;
            chain.iter().find_map(|lang| texts.get(lang)?.name.clone())
        }
        LinkTarget::Page { name, .. } => {
            let page = view.index.content().pages.get(name)?;
            let text = |lang| page.texts.get(lang);
            chain.iter().find_map(|lang| {
                let text = text(lang)?;
                text.nav.clone().or_else(|| text.title.clone())
            })
        }
        LinkTarget::External(url) => Some(url.clone()),
        LinkTarget::Product { .. } | LinkTarget::Anchor(_) => None,
    }
}

/// A language's own name; its tag where the language has no data.
pub(crate) fn endonym(locale: &Locale) -> String {
    vitrine_format::Formatter::try_new(locale)
        .map_or_else(|_| locale.to_string(), |format| capitalized(&format.language_name(locale)))
}

/// With a capital first letter, as a name that stands alone is written.
pub(crate) fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The home page of a store.
pub(crate) fn home(index: &Index) -> Option<&vitrine_content::Page> {
    index.content().pages.values().find(|page| page.facts.kind == PageKind::Home)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Stock, category, page, plain};

    #[test]
    fn urls_are_written_as_they_are_read() {
        let url = absolute("https://a.example", "/jp/p/枕/");
        assert_eq!(url, "https://a.example/jp/p/枕/");
    }

    fn hashes(stock: Stock) -> Vec<ContentHash> {
        stock.open().sites.iter().map(|site| site.hash).collect()
    }

    #[test]
    fn what_every_page_carries_changes_the_hash_and_what_single_pages_show_does_not() {
        let before = hashes(Stock::default());
        assert_eq!(hashes(Stock::default()), before);
        let stock = Stock { products: vec![plain(1, "cloud")], ..Stock::default() };
        assert_eq!(hashes(stock), before, "products come and go without a sweep");
        let mut stock = Stock::default();
        stock.config["name"] = serde_json::json!("Other");
        assert!(hashes(stock).iter().all(|hash| !before.contains(hash)));
        let mut stock = Stock { categories: vec![category(1, "beds", "", 0)], ..Stock::default() };
        stock.content.navigation.main.push("category:beds".into());
        assert!(hashes(stock).iter().all(|hash| !before.contains(hash)), "the menu has an entry more");
        let mut stock = Stock::default();
        stock.countries.pop();
        assert!(
            hashes(stock).iter().all(|hash| !before.contains(hash)),
            "alternates and chooser name a country less"
        );
    }

    #[test]
    fn an_edition_speaks_its_own_language_first_and_never_names_things_in_another() {
        let shop = Stock::default().open();
        let site = shop.maker("/ch-fr/").site;
        let tags = |chain: &[Locale]| chain.iter().map(|lang| lang.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(tags(&site.chain), ["fr-CH", "fr", "de"]);
        assert_eq!(tags(&site.own), ["fr-CH", "fr"]);
    }

    #[test]
    fn a_menu_calls_things_as_the_edition_does() {
        let texts = serde_json::json!({
            "de": { "title": "Über uns", "slug": "ueber", "nav": "Über" }, "fr": { "title": "À propos", "slug": "a-propos" },
        });
        let stock = Stock {
            categories: vec![category(1, "beds", "", 0)],
            products: vec![plain(1, "cloud")],
            ..Stock::default()
        };
        let shop = stock.with_page(page(2, "about", serde_json::json!({ "kind": "page" }), texts)).open();
        let label = |base: &str, link: &str| {
            let maker = shop.maker(base);
            label_of(&maker.view, &maker.site.chain, &LinkTarget::parse(link).unwrap())
        };
        assert_eq!(label("/de/", "page:about").as_deref(), Some("Über"));
        assert_eq!(label("/ch-fr/", "page:about").as_deref(), Some("À propos"));
        assert_eq!(label("/ch-fr/", "category:beds").as_deref(), Some("beds fr"));
        assert_eq!(label("/de/", "product:cloud"), None, "menus hold categories and pages");
        assert_eq!(label("/de/", "page:none"), None);
    }

    #[test]
    fn languages_are_called_by_their_own_names() {
        assert_eq!(endonym(&crate::fixture::locale("fr-CH")), "Français");
        assert_eq!(capitalized("ça"), "Ça");
        assert_eq!(capitalized(""), "");
    }
}
