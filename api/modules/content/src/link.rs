//! Links that name things: the syntax of Markdown, navigation and redirects.

use std::fmt;
use std::str::FromStr;

use vitrine_core::{CategoryId, PageName, ProductId, Sku};

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkTarget {
    /// `product:cloud`, or one variant of it: `product:cloud?CLOUD-090200-M`.
    Product {
        /// The product.
        id: ProductId,
        /// The variant.
        sku: Option<Sku>,
    },
    /// `category:mattresses`, perhaps `#anchor`.
    Category {
        /// The category.
        id: CategoryId,
        /// A heading of its introduction.
        anchor: Option<String>,
    },
    /// `page:shipping`, perhaps `#anchor`.
    Page {
        /// The content page.
        name: PageName,
        /// One of its headings.
        anchor: Option<String>,
    },
    /// `#anchor` of the same page.
    Anchor(String),
    /// `https:`, `http:`, `mailto:` or `tel:`, as written.
    External(String),
}

/// A text that is no link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It begins like none of the forms.
    #[error(
        "link '{0}' is not understood (allowed: product:id, category:id, page:name, #anchor, https://.., mailto:.., tel:..)"
    )]
    Form(String),
    /// What it names can't be a name.
    #[error("link '{link}': {what}")]
    Name {
        /// The whole link.
        link: String,
        /// What is wrong with the name.
        what: String,
    },
}

impl LinkTarget {
    /// Reads a link.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let named =
            |error: &dyn fmt::Display| LinkError::Name { link: text.to_owned(), what: error.to_string() };
        let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if !is_plain {
            return Err(LinkError::Form(text.to_owned()));
        }
        if let Some(anchor) = text.strip_prefix('#').filter(|anchor| !anchor.is_empty()) {
            return Ok(Self::Anchor(anchor.to_owned()));
        }
        let Some((scheme, rest)) = text.split_once(':') else { return Err(LinkError::Form(text.to_owned())) };
        match scheme {
            "product" => {
                let (id, sku) = split(rest, '?');
                let sku = sku.map(Sku::try_new).transpose().map_err(|error| named(&error))?;
                Ok(Self::Product { id: ProductId::try_new(id).map_err(|error| named(&error))?, sku })
            }
            "category" => {
                let (id, anchor) = split(rest, '#');
                let id = CategoryId::try_new(id).map_err(|error| named(&error))?;
                Ok(Self::Category { id, anchor: anchor.map(str::to_owned) })
            }
            "page" => {
                let (name, anchor) = split(rest, '#');
                let name = PageName::try_new(name).map_err(|error| named(&error))?;
                Ok(Self::Page { name, anchor: anchor.map(str::to_owned) })
            }
            "https" | "http" if rest.starts_with("//") && rest.len() > 2 => {
                Ok(Self::External(text.to_owned()))
            }
            "mailto" | "tel" if !rest.is_empty() => Ok(Self::External(text.to_owned())),
            _ => Err(LinkError::Form(text.to_owned())),
        }
    }
}

/// The text before and after a separator; nothing after it is the same as no separator.
fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after).filter(|after| !after.is_empty())),
        None => (text, None),
    }
}

impl FromStr for LinkTarget {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        Self::parse(text)
    }
}

impl fmt::Display for LinkTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, separator, tail) = match self {
            Self::Product { id, sku } => {
                (format!("product:{}", id.as_str()), '?', sku.as_ref().map(Sku::as_str))
            }
            Self::Category { id, anchor } => (format!("category:{}", id.as_str()), '#', anchor.as_deref()),
            Self::Page { name, anchor } => (format!("page:{}", name.as_str()), '#', anchor.as_deref()),
            Self::Anchor(anchor) => return write!(formatter, "#{anchor}"),
            Self::External(url) => return formatter.write_str(url),
        };
        formatter.write_str(&head)?;
        tail.map_or(Ok(()), |tail| write!(formatter, "{separator}{tail}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_and_writes_the_same() {
        for text in [
            "product:cloud",
            "product:cloud?CLOUD-090200-M",
            "category:mattresses",
            "category:mattresses#foam",
            "page:shipping",
            "page:shipping#kosten-für-möbel",
            "#costs",
            "https://example.org/a?b=c#d",
            "http://example.org",
            "mailto:hello@nimbus.example",
            "tel:+49300000000",
        ] {
            assert_eq!(LinkTarget::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_link_is_refused() {
        for text in [
            "",
            "#",
            "cloud",
            "/de/versand/",
            "javascript:alert(1)",
            "JAVASCRIPT:x",
            "https:x",
            "product:",
            "product:A B",
            "data:,x",
        ] {
            assert!(LinkTarget::parse(text).is_err(), "{text}");
        }
    }
}
