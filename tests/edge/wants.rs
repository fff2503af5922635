//! What an answer must have.

use std::fmt;

use reqwest::header::HeaderMap;

/// One property of an answer.
#[derive(Clone, Copy)]
pub(crate) enum Want {
    /// The header is exactly this.
    Is(&'static str, &'static str),
    /// The header has this in it, in any case.
    Has(&'static str, &'static str),
    /// The header is one of these.
    OneOf(&'static str, &'static [&'static str]),
    /// The header is there.
    Present(&'static str),
    /// It is not.
    Lacks(&'static str),
    /// A redirect leads there; at this host it may say the host as well.
    Leads(&'static str),
    /// The body has this in it.
    Says(&'static str),
    /// There is no body.
    Empty,
}

use Want::{Empty, Has, Is, Lacks, Leads, OneOf, Present, Says};

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Want {
    /// Why an answer is not as wanted; `base` is the edge, `fill` fills in what stands in braces.
    pub(crate) fn missing(
        &self,
        answer: &Answer,
        base: &str,
        fill: &impl Fn(&str) -> String,
    ) -> Option<String> {
        let found = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        let is_so = match *self {
            Is(name, value) => answer.header(name) == Some(&fill(value)),
            Has(name, part) => found(name).to_lowercase().contains(part),
            OneOf(name, values) => values.contains(&found(name).as_str()),
            Present(name) => !found(name).is_empty(),
            Lacks(name) => answer.header(name).is_none(),
            Leads(target) => found("location").trim_start_matches(base) == target,
            Says(part) => answer.text().contains(part),
            Empty => answer.body.is_empty(),
        };
        (!is_so).then(|| match *self {
            Is(name, _) | Has(name, _) | OneOf(name, _) | Present(name) | Lacks(name) => {
                format!("{self}, and not {:?}", answer.header(name))
            }
            Leads(_) => format!("{self}, and not to {:?}", answer.header("location")),
            Says(_) | Empty => format!("{self}, and not {:.200?}", answer.text()),
        })
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Is(name, value) => write!(f, "`{name}: {value}`"),
            Has(name, part) => write!(f, "`{name}` has `{part}`"),
            OneOf(name, values) => write!(f, "`{name}` is `{}`", values.join("` or `")),
            Present(name) => write!(f, "has `{name}`"),
            Lacks(name) => write!(f, "no `{name}`"),
            Leads(target) => write!(f, "leads to `{target}`"),
            Says(part) => write!(f, "says `{part}`"),
            Empty => write!(f, "no body"),
        }
    }
}
