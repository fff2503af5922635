//! A CDN for tests: Varnish with the repository's VCL, an origin to put behind it, and moto in Amazon's place.
//!
//! What is not installed is a failure that says what to install, never a test left out.

mod moto;
mod origin;
mod process;
mod varnish;

pub use self::moto::Moto;
pub use self::origin::Origin;
pub use self::varnish::{Varnish, VarnishSetup};
