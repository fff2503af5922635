//! What operations may refuse: a schema for each code, and the codes of each operation.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde_json::json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Discriminator, Ref, RefOr, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};
use vitrine_cart::Notice;
use vitrine_checkout::Missing;
use vitrine_core::{Money, Sku};
use vitrine_inventory::Shortage;
use vitrine_order::OrderState;
use vitrine_payment::AttemptState;
use vitrine_pricing::{Exhausted, Limited};

use crate::Code;
use crate::admin::WrongField;

/// What can go wrong with something that a handler takes, or with what it does.
pub(crate) trait Refuses {
    /// The codes.
    const CODES: &'static [Code];
}

/// Defines lists of codes that handlers refuse with.
macro_rules! refuses {
    ($($(#[$doc:meta])* $visible:vis $name:ident: $($code:ident),+;)+) => {
        $(
            $(#[$doc])*
            $visible struct $name;

            impl $crate::document::Refuses for $name {
                const CODES: &'static [$crate::Code] = &[$($crate::Code::$code),+];
            }
        )+
    };
}
pub(crate) use refuses;

/// What every operation within the limits may answer instead.
const EVERYWHERE: &[Code] =
    &[Code::RateLimited, Code::Internal, Code::Overloaded, Code::TimedOut, Code::Unavailable];

/// Several that refuse, as a tuple: `(Here, Body<NewLine>)`.
pub(crate) trait Refusals {
    /// The codes of all.
    fn codes() -> BTreeSet<Code>;
}

macro_rules! tuples {
    ($(($($name:ident),*))+) => {
        $(impl<$($name: Refuses),*> Refusals for ($($name,)*) {
            fn codes() -> BTreeSet<Code> {
                let all: &[&[Code]] = &[$($name::CODES),*];
                all.iter().flat_map(|codes| codes.iter().copied()).collect()
            }
        })+
    };
}

tuples! { () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }

/// The answers of an operation that go wrong: `Refused<(Here, Body<NewLine>)>` beside the good ones in
/// `#[utoipa::path(responses(..))]`.
pub(crate) struct Refused<T>(PhantomData<T>);

impl<T: Refusals> IntoResponses for Refused<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(T::codes().into_iter().chain(EVERYWHERE.iter().copied()).collect())
    }
}

/// The same for an operation that no limit holds for.
pub(crate) struct Only<T>(PhantomData<T>);

impl<T: Refusals> IntoResponses for Only<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(T::codes())
    }
}

fn responses(codes: BTreeSet<Code>) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), response(&codes).into())).collect()
}

fn response(codes: &[Code]) -> Response {
    let told = codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.title())).collect::<Vec<_>>();
    let refs = codes.iter().map(|code| Ref::from_schema_name(name(*code)));
    let schema: RefOr<Schema> = match codes {
        [code] => Ref::from_schema_name(name(*code)).into(),
        _ => refs
            .fold(OneOfBuilder::new(), |one_of, code| one_of.item(code))
            .discriminator(Some(discriminator(codes)))
            .into(),
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response =
        ResponseBuilder::new().description(told.join(" ")).content("application/problem+json", content);
    match codes.iter().any(|code| code.may_pass()) {
        true => response.header("Retry-After", retry_after()).build(),
        false => response.build(),
    }
}

fn discriminator(codes: &[Code]) -> Discriminator {
    let target = |code: &Code| format!("#/components/schemas/{}", name(*code));
    let mapping = codes.iter().map(|code| (code.as_str().to_owned(), target(code)));
    Discriminator::with_mapping("code", mapping.collect::<BTreeMap<_, _>>())
}

fn retry_after() -> utoipa::openapi::header::Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds after which to try again.")).build()
}

/// A code's schema is called as the code is in Rust, `PriceChangedProblem`.
fn name(code: Code) -> String {
    format!("{code:?}Problem")
}

/// The schemas of all codes, and those of their members.
pub(super) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = Vec::new();
    for code in Code::ALL {
        for (_, member) in members(*code) {
            schemas.extend(member.needs);
        }
        schemas.push((name(*code), schema(*code)));
    }
    schemas
}

fn schema(code: Code) -> RefOr<Schema> {
    let word = |word: &str| ObjectBuilder::new().schema_type(Type::String).enum_values(Some([word]));
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let status = ObjectBuilder::new().schema_type(Type::Integer);
    let problem = ObjectBuilder::new()
        .description(Some(code.title()))
        .property("type", word(&format!("urn:vitrine:problem:{}", code.as_str())))
        .property("title", text())
        .property("status", status.enum_values(Some([json!(code.status().as_u16())])))
        .property("code", word(code.as_str()))
        .property("detail", text().description(Some("What was found this time, for people.")))
        .property("field", text().description(Some("The field at fault, as `details.shipping.postcode`.")))
        .property("request_id", text().description(Some("Names the request.")));
    let required = ["type", "title", "status", "code"].into_iter().fold(problem, ObjectBuilder::required);
    let all = members(code).into_iter();
    all.fold(required, |problem, (name, member)| problem.property(name, member.schema)).into()
}

/// A member that problems of a code have beyond those of all.
struct Member {
    schema: RefOr<Schema>,
    /// Schemas that it refers to.
    needs: Vec<(String, RefOr<Schema>)>,
}

impl Member {
    /// One that is written where it stands.
    fn plain<T: PartialSchema>() -> Self {
        Self { schema: T::schema(), needs: Vec::new() }
    }

    /// One that has a name.
    fn named<T: ToSchema>() -> Self {
        let mut needs = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut needs);
        Self { schema: Ref::from_schema_name(T::name()).into(), needs }
    }

    /// One that has a name, or `null`.
    fn nullable<T: ToSchema>() -> Self {
        let Self { schema, needs } = Self::named::<T>();
        let null = ObjectBuilder::new().schema_type(Type::Null);
        Self { schema: OneOfBuilder::new().item(null).item(schema).into(), needs }
    }

    /// A list of those.
    fn list<T: ToSchema>() -> Self {
        let Self { schema, needs } = Self::named::<T>();
        Self { schema: utoipa::openapi::schema::ArrayBuilder::new().items(schema).into(), needs }
    }
}

/// What problems of a code have beyond the members of all; each may be left out.
fn members(code: Code) -> Vec<(&'static str, Member)> {
    match code {
        Code::QuantityInvalid | Code::CartFull => vec![("most", Member::plain::<u64>())],
        Code::NotSold => vec![("sku", Member::named::<Sku>())],
        Code::TooFewLeft => vec![
            ("sku", Member::named::<Sku>()),
            ("left", Member::plain::<Option<i64>>()),
            ("short", Member::list::<Shortage>()),
        ],
        Code::CartStopped => vec![("notices", Member::list::<Notice>())],
        Code::PriceChanged => vec![
            ("expected", Member::named::<Money>()),
            ("total", Member::named::<Money>()),
            ("notices", Member::list::<Notice>()),
        ],
        Code::PromotionExhausted => {
            vec![("exhausted", Member::named::<Limited>()), ("how", Member::named::<Exhausted>())]
        }
        Code::FieldsMissing | Code::PaymentMethodNotOffered | Code::DeliveryNotOffered => {
            vec![("fields", Member::list::<Missing>())]
        }
        Code::UnitsInvalid => vec![("left", Member::plain::<u32>())],
        Code::FieldInvalid => vec![("fields", Member::list::<WrongField>())],
        Code::AmountExceeded => vec![("left", Member::named::<Money>())],
        Code::PaymentNotOpen => vec![("state", Member::nullable::<AttemptState>())],
        Code::VersionOutdated => vec![("version", Member::plain::<String>())],
        Code::OrderNotOpen => vec![("state", Member::named::<OrderState>())],
        _ => Vec::new(),
    }
}
