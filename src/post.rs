//! Who takes letters out, as the settings say: over SMTP, or into a folder.

use std::sync::Arc;

use anyhow::{Context, Result};
use vitrine_core::SystemClock;
use vitrine_letters::{Postman, Themes};
use vitrine_mail::{Folder, Mailer, Smtp};

use crate::config::Config;
use crate::shop::Shop;

/// The name we introduce ourselves to servers by, where no sender gives one.
const HELLO: &str = "localhost";

/// The postman of the settings.
///
/// # Errors
/// When a setting of mail can't be used.
pub(crate) fn postman(config: &Config, shop: &Shop, themes: Themes) -> Result<Postman> {
    let from = config.mail_from.as_ref().map(|from| from.0.clone());
    let mailer: Arc<dyn Mailer> = match &config.mail_url {
        Some(url) => {
            let hello = from.as_ref().map_or(HELLO, |from| from.domain());
            let hello = if hello.is_ascii() { hello } else { HELLO };
            Arc::new(Smtp::try_new(&url.reveal(hello)).context("mail_url")?)
        }
        None => Arc::new(folder(shop)),
    };
    Ok(Postman::new(shop.db.clone(), Arc::new(SystemClock), mailer, from, themes))
}

/// Where letters are written that no server gets.
pub(crate) fn folder(shop: &Shop) -> Folder {
    Folder::new(shop.letters())
}
