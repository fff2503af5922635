//! Where a request shops: the storefront of its path, the shopper's language and cart.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use vitrine_cart::{CartToken, Change, Priced, Shop, Shopper, Storefront};
use vitrine_core::{Country, Locale};
use vitrine_pricing::ShopperFacts;

use super::language;
use crate::client::came_by_https;
use crate::document::Refuses;
use crate::shop::Shopfront;
use crate::{Api, Code, Problem};

/// The header with a cart's token, for clients that keep no cookies.
const CART_HEADER: &str = "vitrine-cart";
/// Cookies are `vitrine_cart_<cc>`: a shopper has one cart in each country.
const CART_COOKIE: &str = "vitrine_cart_";
const SECONDS_OF_DAY: i64 = 86_400;

/// Marks requests to a server that speaks http with browsers, whatever the store's origin says: for a server on the
/// machine of whoever tries the shop out.
#[derive(Clone, Copy, Debug)]
pub struct PlainHttp;

/// A storefront, and who stands in it.
pub(crate) struct Here {
    pub(crate) front: Arc<Shopfront>,
    /// What the store says of itself.
    pub(crate) shop: Arc<Shop>,
    pub(crate) country: Country,
    /// The language that suits the shopper best.
    pub(crate) locale: Locale,
    shown: Shown,
    /// Whether cookies are for https only.
    is_secure: bool,
}

/// The cart that a request names.
enum Shown {
    Nothing,
    /// By the header, which the client can change; `None` if it can't be a token.
    Header(Option<CartToken>),
    /// By the cookie, which no script of the page can take away.
    Cookie(CartToken),
}

impl FromRequestParts<Api> for Here {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let front = api.shop().cloned().ok_or_else(|| Problem::new(Code::NotFound))?;
        let unknown = || Problem::new(Code::CountryUnknown);
        let params = RawPathParams::from_request_parts(parts, api).await;
        let params = params.map_err(|_| Problem::new(Code::NotFound))?;
        let code = params.iter().find(|(name, _)| *name == "country").map(|(_, code)| code);
        let country = code.and_then(|code| Country::try_new(&code.to_ascii_uppercase()).ok());
        let country = country.ok_or_else(unknown)?;
        let shop = front.checkout.carts().shop(&front.store).await?;
        let config = shop.country(country)?;
        let asked =
            parts.headers.get(ACCEPT_LANGUAGE).and_then(|text| text.to_str().ok()).unwrap_or_default();
        let locale = language::chosen(asked, &config.locales).ok_or_else(unknown)?.clone();
        let origin = config.origin.as_ref().unwrap_or(&shop.store.config.origin);
        let is_plain = parts.extensions.get::<PlainHttp>().is_some();
        let is_secure = !is_plain && (origin.starts_with("https://") || came_by_https(&parts.headers));
        let shown = shown(&parts.headers, country);
        Ok(Self { front, shop, country, locale, shown, is_secure })
    }
}

impl Refuses for Here {
    const CODES: &'static [Code] = &[Code::NotFound, Code::CountryUnknown, Code::StoreUnknown];
}

impl Here {
    pub(crate) fn at(&self) -> Storefront<'_> {
        Storefront { store: &self.front.store, country: self.country }
    }

    /// The cart that the request names.
    ///
    /// # Errors
    /// When it names none.
    pub(crate) fn cart(&self) -> Result<&CartToken, Problem> {
        match &self.shown {
            Shown::Header(Some(token)) | Shown::Cookie(token) => Ok(token),
            Shown::Header(None) | Shown::Nothing => Err(Problem::new(Code::CartUnknown)),
        }
    }

    pub(crate) async fn read(&self) -> Result<Priced, Problem> {
        Ok(self.front.checkout.carts().read(self.at(), self.cart()?, &nobody()).await?)
    }

    /// Changes the cart that the request names.
    pub(crate) async fn change(&self, changes: &[Change]) -> Result<Priced, Problem> {
        let (_, priced) = self.changed(Some(self.cart()?), changes).await?;
        Ok(priced)
    }

    /// Changes the cart that the request names, or a new one: without a name, or where the cookie's cart was ordered
    /// or has expired.
    pub(crate) async fn change_or_begin(&self, changes: &[Change]) -> Result<(CartToken, Priced), Problem> {
        let token = match &self.shown {
            Shown::Nothing => return Ok(self.changed(None, changes).await?),
            Shown::Header(_) => return Ok(self.changed(Some(self.cart()?), changes).await?),
            Shown::Cookie(token) => token,
        };
        match self.changed(Some(token), changes).await {
            Err(vitrine_cart::Error::NoCart) => Ok(self.changed(None, changes).await?),
            changed => Ok(changed?),
        }
    }

    async fn changed(
        &self,
        token: Option<&CartToken>,
        changes: &[Change],
    ) -> Result<(CartToken, Priced), vitrine_cart::Error> {
        self.front.checkout.carts().change(self.at(), token, changes, &nobody()).await
    }

    /// The cookie with a cart's token.
    pub(crate) fn cookie(&self, token: &CartToken) -> String {
        let life = self.front.checkout.carts().limits().days.saturating_mul(SECONDS_OF_DAY);
        cookie(self.country, token.reveal(), life, self.is_secure)
    }
}

/// Somebody of whom nothing is known may have the first order; checkout looks again.
fn nobody() -> Shopper {
    Shopper { facts: ShopperFacts { first_order: true, ..ShopperFacts::default() }, customer: None }
}

fn cookie(country: Country, token: &str, life_s: i64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    let country = country.lower();
    format!("{CART_COOKIE}{country}={token}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}")
}

fn shown(headers: &HeaderMap, country: Country) -> Shown {
    if let Some(text) = headers.get(CART_HEADER) {
        return Shown::Header(text.to_str().ok().and_then(CartToken::parse));
    }
    let name = format!("{CART_COOKIE}{}", country.lower());
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let token = pairs.find_map(|(found, token)| (found == name).then(|| CartToken::parse(token)).flatten());
    token.map_or(Shown::Nothing, Shown::Cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn country(code: &str) -> Country {
        Country::try_new(code).unwrap()
    }

    fn named(headers: &[(&'static str, &str)]) -> Option<(&'static str, String)> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let told = |token: CartToken| token.reveal().to_owned();
        match shown(&headers.collect(), country("DE")) {
            Shown::Nothing => None,
            Shown::Header(token) => Some(("header", token.map(told).unwrap_or_default())),
            Shown::Cookie(token) => Some(("cookie", told(token))),
        }
    }

    #[test]
    fn a_cart_is_named_by_header_or_by_the_countrys_cookie() {
        let cookies = format!("a=b; vitrine_cart_at=x;vitrine_cart_de={TOKEN} ; c");
        assert_eq!(named(&[("cookie", &cookies)]), Some(("cookie", TOKEN.to_owned())));
        let other = "f".repeat(32);
        assert_eq!(named(&[("cookie", &cookies), ("vitrine-cart", &other)]), Some(("header", other)));
        assert_eq!(named(&[("vitrine-cart", "nonsense")]), Some(("header", String::new())));
        assert_eq!(named(&[("cookie", &format!("vitrine_cart_at={TOKEN}; vitrine_cart_de=1"))]), None);
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_the_cookie() {
        let told = |is_secure| cookie(country("DE"), TOKEN, 60, is_secure);
        let plain = format!("vitrine_cart_de={TOKEN}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert_eq!(told(false), plain);
        assert_eq!(told(true), format!("{plain}; Secure"));
    }

    #[test]
    fn a_proxy_says_that_it_was_https() {
        let by = |scheme: &str| {
            came_by_https(&HeaderMap::from_iter([(
                "x-forwarded-proto".parse().unwrap(),
                scheme.parse().unwrap(),
            )]))
        };
        assert!(by("https") && by("HTTPS") && !by("http") && !came_by_https(&HeaderMap::new()));
    }
}
