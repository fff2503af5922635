//! Codes that open promotions.

use serde::{Deserialize, Serialize};
use vitrine_core::{Timestamp, written_as_text};

use super::promotion::{Limits, PromotionId, moment};

/// A code as it is compared: trimmed, in capitals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// The text is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no code (1 to 40 of A-Z 0-9 . _ -)")]
pub struct CodeError(String);

impl Code {
    /// Reads 1 to 40 of `A-Z 0-9 . _ -`; small letters count as capitals, and blanks around it for nothing.
    ///
    /// # Errors
    /// When it has another length or other characters.
    pub fn try_new(text: &str) -> Result<Self, CodeError> {
        let code = text.trim().to_ascii_uppercase();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        match (1..=40).contains(&code.len()) && code.bytes().all(allowed) {
            true => Ok(Self(code)),
            false => Err(CodeError(text.chars().take(40).collect())),
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

written_as_text!(Code, CodeError);

impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        vitrine_core::schema::text("What shoppers enter.", "^[A-Z0-9._-]{1,40}$", "SUMMER10")
    }
}

impl utoipa::ToSchema for Code {
    fn name() -> std::borrow::Cow<'static, str> {
        "CouponCode".into()
    }
}

/// A code that opens a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    /// What shoppers enter.
    pub code: Code,
    /// What it opens.
    pub promotion: PromotionId,
    /// First moment it no longer opens it; its promotion's end counts too.
    #[serde(default, with = "moment", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// How often this code may be used; its promotion's limits count too.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
}

impl Coupon {
    /// A code that opens a promotion as long as that lasts, as often as that may be used.
    pub fn new(code: Code, promotion: PromotionId) -> Self {
        Self { code, promotion, ends_at: None, limits: Limits::default() }
    }
}
