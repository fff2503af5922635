//! Writing what pages share: navigation, words, pictures and their alt texts.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Change, ChangeKind, Entity, EntityKind, Locale, StoreId};
use vitrine_db::{NewDocument, Outcome, Run, Tx};

use crate::door::{DOCUMENTS, MEDIA, MEDIA_TEXT, NAVIGATION, STRINGS};
use crate::{AltTexts, Content, Error, Media, Navigation, StringsFile, Written};

impl Content {
    /// Writes main menu and footer.
    pub async fn put_navigation_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        navigation: &Navigation,
    ) -> Result<Written, Error> {
        let item = document(NAVIGATION, NAVIGATION, "", serde_json::to_string(navigation)?);
        let outcomes = DOCUMENTS.put_in(tx, store, run, &[item]).await?;
        let mut written = Written::default();
        for outcome in outcomes {
            written.push(EntityKind::Navigation, NAVIGATION, outcome);
        }
        Ok(written)
    }

    /// Writes the words of some languages.
    pub async fn put_strings_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        files: &[StringsFile],
    ) -> Result<Written, Error> {
        let items = files
            .iter()
            .map(|file| {
                Ok(document(STRINGS, STRINGS, file.lang.as_str(), serde_json::to_string(&file.source)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let outcomes = DOCUMENTS.put_in(tx, store, run, &items).await?;
        let mut written = Written::default();
        for (file, outcome) in files.iter().zip(outcomes) {
            written.push(EntityKind::Strings, file.lang.as_str(), outcome);
        }
        Ok(written)
    }

    /// Removes the words of languages that are not in `keep`.
    pub async fn retain_strings_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<Locale>,
    ) -> Result<Written, Error> {
        let keep = keep.iter().map(|lang| (STRINGS.to_owned(), lang.to_string())).collect();
        let mut written = Written::default();
        for removed in DOCUMENTS.remove_missing_in(tx, store, run, STRINGS, &keep).await? {
            written.push(EntityKind::Strings, &removed.lang, removed.outcome);
        }
        Ok(written)
    }

    /// Writes pictures; their bytes are the caller's.
    pub async fn put_media_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        media: &[Media],
    ) -> Result<Written, Error> {
        let items = media
            .iter()
            .map(|media| Ok(document(MEDIA, &media.file, "", serde_json::to_string(media)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let outcomes = DOCUMENTS.put_in(tx, store, run, &items).await?;
        let mut written = Written::default();
        for (media, outcome) in media.iter().zip(outcomes) {
            written.push(EntityKind::Media, &media.file, outcome);
        }
        Ok(written)
    }

    /// Removes the pictures whose files are not in `keep`.
    pub async fn retain_media_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<String>,
    ) -> Result<Written, Error> {
        let mut written = Written::default();
        for (file, outcome) in DOCUMENTS.remove_entities_in(tx, store, run, MEDIA, keep).await? {
            written.push(EntityKind::Media, &file, outcome);
        }
        Ok(written)
    }

    /// Writes all alt texts of a language. The outcome is the language's; the changes name the pictures.
    pub async fn put_media_texts_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        lang: &Locale,
        texts: &AltTexts,
    ) -> Result<Written, Error> {
        let before = alt_texts_in(tx, store).await?.remove(lang.as_str()).unwrap_or_default();
        let item = document(MEDIA_TEXT, MEDIA_TEXT, lang.as_str(), serde_json::to_string(texts)?);
        let outcomes = DOCUMENTS.put_in(tx, store, run, &[item]).await?;
        let mut written = Written::default();
        for outcome in outcomes {
            written.outcomes.push((lang.to_string(), outcome));
            if outcome.writes() {
                written.changes.extend(differences(&before, texts));
            }
        }
        Ok(written)
    }

    /// Removes the alt texts of languages that are not in `keep`.
    pub async fn retain_media_texts_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<Locale>,
    ) -> Result<Written, Error> {
        let mut before = alt_texts_in(tx, store).await?;
        let keep = keep.iter().map(|lang| (MEDIA_TEXT.to_owned(), lang.to_string())).collect();
        let mut written = Written::default();
        for removed in DOCUMENTS.remove_missing_in(tx, store, run, MEDIA_TEXT, &keep).await? {
            if removed.outcome == Outcome::Removed {
                let texts = before.remove(&removed.lang).unwrap_or_default();
                written.changes.extend(differences(&texts, &AltTexts::new()));
            }
            written.outcomes.push((removed.lang, removed.outcome));
        }
        Ok(written)
    }
}

fn document(kind: &'static str, id: &str, lang: &str, doc: String) -> NewDocument {
    NewDocument { kind, id: id.to_owned(), lang: lang.to_owned(), doc }
}

async fn alt_texts_in(tx: &mut Tx, store: &StoreId) -> Result<BTreeMap<String, AltTexts>, Error> {
    let documents = DOCUMENTS.list(tx, store, MEDIA_TEXT).await?;
    documents.into_iter().map(|document| Ok((document.lang, serde_json::from_str(&document.doc)?))).collect()
}

/// The pictures whose alt text is not the same.
fn differences(before: &AltTexts, after: &AltTexts) -> Vec<Change> {
    let files: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = files.into_iter().filter(|file| before.get(*file) != after.get(*file));
    differing.map(|file| Change::new(Entity::new(EntityKind::Media, file), ChangeKind::Changed)).collect()
}
