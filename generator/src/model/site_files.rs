//! Files of an edition or an origin beside its pages: chooser, manifest, robots, old addresses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use vitrine_content::LinkTarget;
use vitrine_core::Country;
use vitrine_store::{Redirect, RedirectTarget};
use vitrine_theme::views::{
    ChooserCountry, ChooserEdition, ChooserRegion, CountryChooser, Head, RedirectPage,
};

use super::{Body, Draft, Maker, short};
use crate::error::BuildError;
use crate::index::{Index, variant_path};
use crate::key::{EntityKey, Kind};
use crate::site::{Site, capitalized, endonym, home};

/// An entry of the edge's table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(crate) struct EdgeRedirect {
    /// Path asked for.
    pub from: String,
    /// Path or URL answered; absent for a 410.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// 301 or 410.
    pub status: u16,
}

/// The country chooser at the root, in the language of its keeper; `None` where an edition's home page is there.
pub(crate) fn chooser<'a>(maker: &Maker<'a>) -> Result<Option<Draft<'a>>, BuildError> {
    if maker.sites.iter().any(|site| site.edition.path == "/") {
        return Ok(None);
    }
    let words = &maker.site.words;
    let mut countries: BTreeMap<Country, Vec<&Site>> = BTreeMap::new();
    for site in maker.sites {
        countries.entry(site.edition.country).or_default().push(site);
    }
    let countries = countries.into_iter().filter_map(|(country, sites)| {
        let first = sites.first()?;
        Some(ChooserCountry {
            code: country.code().into(),
            name: first.words.country(country).into(),
            lang: first.edition.locale.as_str().to_owned().into(),
            dir: first.edition.locale.direction().as_str().into(),
            currency: first.country.currency.code().into(),
            editions: sites.iter().map(|site| chooser_edition(maker, site)).collect(),
        })
    });
    let title = words.plain("chooser_title");
    let alternates = maker.chooser_alternates()?;
    let mut head: Head<'static> = maker.head(super::head::About {
        title: title.clone(),
        description: words.plain("chooser_lead"),
        path: "/".to_owned(),
        alternates,
        kind: "website",
        ..Default::default()
    });
    head.og = None;
    let view = CountryChooser {
        head,
        title: title.into(),
        lead: words.plain("chooser_lead").into(),
        regions: vec![ChooserRegion { label: "".into(), countries: countries.collect() }],
    };
    let needs = home(maker.view.index).map(Index::page_entity).into_iter().collect();
    maker.draft(EntityKey::new(Kind::Chooser, 0).page(), "/".to_owned(), view, needs).map(Some)
}

/// The web manifest of an edition.
pub(crate) fn manifest<'a>(maker: &Maker<'a>) -> Draft<'a> {
    let config = &maker.context.store.config;
    let edition = &maker.site.edition;
    let icon = |name: &str, sizes: &str, kind: &str| {
        maker
            .theme()
            .asset_url(name)
            .map(|url| json!({ "src": url, "sizes": sizes, "type": kind, "purpose": "any" }))
    };
    let icons = [
        icon("icon", "any", "image/svg+xml"),
        icon("icon_192", "192x192", "image/png"),
        icon("icon_512", "512x512", "image/png"),
    ];
    let icons: Vec<serde_json::Value> = icons.into_iter().flatten().collect();
    let document = json!({
        "name": config.name,
        "short_name": config.name,
        "lang": edition.locale,
        "dir": edition.locale.direction().as_str(),
        "id": edition.path,
        "start_url": edition.path,
        "scope": edition.path,
        "display": "browser",
        "theme_color": config.icon_color.as_deref().unwrap_or("#ffffff"),
        "background_color": "#ffffff",
        "icons": icons,
    });
    let path = format!("{}manifest.webmanifest", edition.path);
    maker.file(EntityKey::new(Kind::Manifest, 0).page(), path, document.to_string().into_bytes())
}

/// `robots.txt`, naming the sitemaps of all editions: there is one file, whichever origin it is asked for at.
pub(crate) fn robots<'a>(maker: &Maker<'a>) -> Draft<'a> {
    let mut text = String::from("User-agent: *\nAllow: /\n");
    for site in maker.sites {
        text.push_str(&format!(
            "Disallow: {0}cart/\nDisallow: {0}checkout/\nDisallow: {0}orders/\n",
            site.edition.path
        ));
    }
    for site in maker.sites {
        text.push_str(&format!("Sitemap: {}\n", site.absolute(&format!("{}sitemap.xml", site.edition.path))));
    }
    maker.file(EntityKey::new(Kind::Robots, 0).page(), "/robots.txt".to_owned(), text.into_bytes())
}

/// An old address in the maker's edition, with its entries of the edge's table; `None` where it does not apply or
/// a page stands there now.
pub(crate) fn redirect<'a>(
    maker: &Maker<'a>,
    redirect: &Redirect,
    live: &BTreeSet<String>,
) -> Result<Option<(Draft<'a>, Vec<EdgeRedirect>)>, BuildError> {
    let base = &maker.site.edition.path;
    let from = match &redirect.lang {
        // An old slug of a language: in all its editions.
        Some(lang) if maker.site.own.contains(lang) => format!("{base}{}/", redirect.path),
        Some(_) => return Ok(None),
        // A path that a file names: it belongs to the edition it lies in.
        None if lies_in(maker, &redirect.path) => address(&redirect.path),
        None => return Ok(None),
    };
    if live.contains(&from) || live.contains(&format!("{from}/")) {
        return Ok(None);
    }
    let to = match &redirect.target {
        RedirectTarget::Gone => None,
        RedirectTarget::Path(path) => Some(path.clone()),
        RedirectTarget::Url(url) => Some(url.clone()),
        RedirectTarget::Entity(link) => {
            let target = LinkTarget::parse(link).ok();
            target.and_then(|target| maker.view.resolve(&target).0)
        }
    };
    let page = EntityKey::new(Kind::Redirect, redirect.seq).page();
    let status = if to.is_some() { 301 } else { 410 };
    let mut edge = vec![EdgeRedirect { from: from.clone(), to: to.clone(), status }];
    edge.extend(variants(maker, redirect, &from).filter(|entry| !live.contains(&entry.from)));
    let draft = match to {
        Some(to) => {
            // The canonical address is the page's, whichever of its headings the old address leads to.
            let page_of = to.split('#').next().unwrap_or(&to);
            let canonical = if to.starts_with('/') { maker.site.absolute(page_of) } else { to.clone() };
            let label = maker.site.words.plain("redirect_label");
            let view = RedirectPage { url: to.into(), canonical: canonical.into(), label: label.into() };
            maker.draft(page, from, view, BTreeSet::new())?
        }
        None => {
            let mut draft = maker.file(page, from.clone(), Vec::new());
            draft.fingerprint = short(&vitrine_core::ContentHash::of(from.as_bytes()));
            draft.body = Body::None;
            draft
        }
    };
    Ok(Some((draft, edge)))
}

/// The address of a path that a file names: it ends in `/` as all pages' do, unless it is a file's, `/de/old.html`.
fn address(path: &str) -> String {
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if path.ends_with('/') || is_file { path.to_owned() } else { format!("{path}/") }
}

/// Whether a path lies in the maker's edition: in the one with the longest base path that begins it.
fn lies_in(maker: &Maker<'_>, path: &str) -> bool {
    let bases = maker.sites.iter().map(|site| &site.edition.path);
    let innermost = bases.filter(|base| path.starts_with(base.as_str())).max_by_key(|base| base.len());
    innermost == Some(&maker.site.edition.path)
}

/// The pages of a renamed product's variants, below its old address `from`.
fn variants(maker: &Maker<'_>, redirect: &Redirect, from: &str) -> impl Iterator<Item = EdgeRedirect> {
    let target = match (&redirect.lang, &redirect.target) {
        (Some(_), RedirectTarget::Entity(link)) => LinkTarget::parse(link).ok(),
        _ => None,
    };
    let seq = match target {
        Some(LinkTarget::Product { id, .. }) => maker.view.index.seq_of(&id),
        _ => None,
    };
    let pages = seq.into_iter().flat_map(|seq| maker.view.variant_pages(seq));
    pages.map(move |(sku, path)| EdgeRedirect {
        from: variant_path(from, sku.as_str()),
        to: Some(path),
        status: 301,
    })
}

/// Whether this edition keeps the files at the root: the default country's first, or the first of all.
///
/// One directory has one root, also where countries have origins of their own.
pub(crate) fn keeps_root(maker: &Maker<'_>) -> bool {
    let default = maker.context.store.config.default_country;
    let mut sites = maker.sites.iter();
    let keeper = sites.find(|site| site.edition.country == default).or_else(|| maker.sites.first());
    keeper.is_some_and(|keeper| keeper.number == maker.site.number)
}

fn chooser_edition(maker: &Maker<'_>, site: &Site) -> ChooserEdition<'static> {
    let here = site.edition.origin == maker.site.edition.origin;
    ChooserEdition {
        label: capitalized(&endonym(&site.edition.locale)).into(),
        lang: site.edition.locale.as_str().to_owned().into(),
        dir: site.edition.locale.direction().as_str().into(),
        url: if here { site.edition.path.clone() } else { site.absolute(&site.edition.path) }.into(),
    }
}

impl Maker<'_> {
    /// The chooser stands for no language: each home page is an alternate, and it is the default itself.
    fn chooser_alternates(&self) -> Result<vitrine_theme::Html, BuildError> {
        let Some(page) = home(self.view.index) else { return Ok(vitrine_theme::Html::default()) };
        self.alternates(self.x_default_of(page), |other| other.content_path(page))
    }
}

#[cfg(test)]
mod tests;
