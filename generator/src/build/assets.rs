//! The theme's files, the pictures, and what a server must know of the site.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::ContentHash;
use vitrine_pictures::{Rendition, Studio};

use crate::build::Renditions;
use crate::build::batch::Run;
use crate::build::phases::Work;
use crate::error::BuildError;
use crate::key::PageKey;
use crate::model::EdgeRedirect;
use crate::parallel;
use crate::place::{PRIVATE, key_of, put_of};

/// Pictures encoded and put at a time: a large one takes a second or two, and the lease must be held on to meanwhile.
const PICTURES: usize = 8;
/// Objects listed at a time.
const LISTED: usize = 1_000;

impl Work<'_> {
    /// Puts what pages point to and is not there yet. Their names are hashes: what was put is right.
    pub(crate) async fn assets(
        &self,
        run: &mut Run,
        studio: &Studio,
        when: Renditions,
    ) -> Result<(), BuildError> {
        let renditions: &[Rendition] = match when {
            Renditions::Wait => &self.loaded.renditions,
            Renditions::Later => &[],
        };
        let mut hasher = vitrine_core::Hasher::new("vitrine assets put");
        hasher.hash(&self.loaded.assets_hash()).int(i64::from(when == Renditions::Wait));
        let hash = hasher.finish();
        let known = match &run.state {
            Some(state) if state.assets_hash().await? == Some(hash) && !self.orphaned => return Ok(()),
            Some(state) if !self.orphaned => state.assets().await?,
            _ => BTreeSet::new(),
        };
        if let Some(preview) = &mut run.preview {
            let theme = self.loaded.context.theme.assets().iter();
            let theme = theme.map(|asset| (asset.path.trim_start_matches('/').to_owned(), asset.bytes.len()));
            let theme: BTreeMap<String, usize> = theme.collect();
            preview.assets(&theme, renditions, studio, &known);
            run.keys.extend(theme.into_keys().chain(self.loaded.renditions.iter().map(Rendition::path)));
            return Ok(());
        }
        let used = self.theme_files(run, &known).await?;
        let missing: Vec<Rendition> =
            renditions.iter().filter(|one| !known.contains(&one.path())).copied().collect();
        for some in missing.chunks(PICTURES) {
            parallel::off_the_runtime(|| studio.ensure(some, &mut |_, _| {}))?;
            put_pictures(run, studio, some).await?;
            if let Some(state) = &run.state {
                state.begin(&run.progress).await?.commit().await.map_err(vitrine_db::DbError::from)?;
            }
        }
        let mut used = used;
        used.extend(renditions.iter().map(Rendition::path));
        if let Some(state) = &run.state {
            let mut tx = state.begin(&run.progress).await?;
            state.record_assets_in(&mut tx, &used, &hash, self.as_of).await?;
            tx.commit().await.map_err(vitrine_db::DbError::from)?;
        }
        // Those of pictures that are still being encoded are somebody else's, and stay as well.
        run.keys.extend(self.loaded.renditions.iter().map(Rendition::path));
        run.keys.append(&mut used);
        Ok(())
    }

    async fn theme_files(
        &self,
        run: &mut Run,
        known: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, BuildError> {
        let assets = self.loaded.context.theme.assets();
        let key = |path: &str| path.trim_start_matches('/').to_owned();
        let new: Vec<_> = assets.iter().filter(|asset| !known.contains(&key(&asset.path))).collect();
        let keys: Vec<String> = new.iter().map(|asset| key(&asset.path)).collect();
        let puts = new.iter().zip(&keys);
        let puts: Vec<_> =
            puts.map(|(asset, key)| put_of(key, &asset.bytes, ContentHash::of(&asset.bytes))).collect();
        run.objects.put(&puts).await?;
        for asset in new {
            run.tally.note_path(&asset.path);
        }
        Ok(assets.iter().map(|asset| key(&asset.path)).collect())
    }

    /// What a server must know of the site.
    pub(crate) async fn private_files(&self, edge: &[EdgeRedirect]) -> Result<(), BuildError> {
        let editions: Vec<serde_json::Value> = self
            .sites
            .iter()
            .map(|site| {
                serde_json::json!({
                    "country": site.edition.country,
                    "country_name": site.words.country(site.edition.country),
                    "locale": site.edition.locale,
                    "language": crate::site::endonym(&site.edition.locale),
                    "origin": site.edition.origin,
                    "path": site.edition.path,
                })
            })
            .collect();
        let site = serde_json::json!({ "store": self.store, "editions": editions });
        self.place.put_private_changed(&format!("{PRIVATE}/site.json"), site.to_string().as_bytes()).await?;
        let edge = serde_json::to_vec(edge).map_err(|_| BuildError::State("redirect without a JSON form"))?;
        self.place.put_private_changed(&format!("{PRIVATE}/redirects.json"), &edge).await
    }

    /// Removes what a lost ledger has left behind.
    pub(crate) async fn clear_leftovers(&self, run: &mut Run) -> Result<(), BuildError> {
        // Of all editions, whichever are built.
        let rows = match &run.state {
            Some(state) => state.published(PageKey::from_raw(0), PageKey::from_raw(i64::MAX)).await?,
            None => BTreeMap::new(),
        };
        let mut keep: BTreeSet<String> = rows.values().map(|row| key_of(&row.path)).collect();
        keep.append(&mut run.keys);
        let mut after: Option<String> = None;
        loop {
            let listed = run.objects.list("", after.as_deref(), LISTED).await?;
            let others = listed.iter().filter(|one| !keep.contains(&one.key));
            match &mut run.preview {
                Some(preview) => others.for_each(|one| preview.leftover(one)),
                None => {
                    run.objects.delete(&others.map(|one| one.key.as_str()).collect::<Vec<_>>()).await?;
                }
            }
            match listed.last() {
                Some(last) if listed.len() == LISTED => after = Some(last.key.clone()),
                _ => return Ok(()),
            }
        }
    }
}

async fn put_pictures(run: &Run, studio: &Studio, some: &[Rendition]) -> Result<(), BuildError> {
    let mut files = Vec::with_capacity(some.len());
    for rendition in some {
        let path = studio.file(rendition);
        let bytes = std::fs::read(&path).map_err(|source| BuildError::File { path, source })?;
        files.push((rendition.path(), bytes));
    }
    let puts: Vec<_> = files.iter().map(|(key, bytes)| put_of(key, bytes, ContentHash::of(bytes))).collect();
    run.objects.put(&puts).await?;
    Ok(())
}
