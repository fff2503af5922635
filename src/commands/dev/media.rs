//! Pictures of the dev server: encoded in the background, the original standing in meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Response};
use vitrine_pictures::{Rendition, Studio};

use super::headers::{self, Kind};
use crate::stopwatch::Stopwatch;

/// What became of a batch of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encoded {
    /// So many were made.
    Done {
        /// How many.
        pictures: usize,
        /// How long it took.
        took: Duration,
    },
    /// A picture can't be encoded; the sentence names it.
    Failed(String),
}

/// The pictures that pages point to.
pub(crate) struct Pictures {
    studio: Studio,
    known: RwLock<BTreeMap<String, Rendition>>,
    orders: Sender<Vec<Rendition>>,
}

impl Pictures {
    /// Starts the thread that encodes; `tell` is called after each batch that had something to do.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(studio: Studio, tell: impl Fn(Encoded) + Send + 'static) -> std::io::Result<Self> {
        let (orders, waiting) = channel();
        let worker = studio.clone();
        // Ends with the process: a picture is written beside its place and renamed, so none is ever half there.
        std::thread::Builder::new().name("pictures".to_owned()).spawn(move || {
            step_back();
            encode(&worker, &waiting, tell);
        })?;
        Ok(Self { studio, known: RwLock::default(), orders })
    }

    /// Takes all pictures that the pages of a build point to, and encodes what is missing.
    pub(crate) fn want(&self, renditions: Vec<Rendition>) {
        let known = renditions.iter().map(|rendition| (rendition.path(), *rendition)).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        // The thread ends only with the process.
        let _ = self.orders.send(renditions);
    }

    /// The answer for `path` (`/media/<hash>.avif`) while its picture is not encoded: the original's bytes, not to be
    /// kept. `None` when the site has the file itself or does not know it.
    pub(crate) fn respond(&self, method: &Method, path: &str) -> Option<Response<Vec<u8>>> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let rendition = *known.get(path.strip_prefix('/')?)?;
        drop(known);
        let (bytes, kind, keep) = if self.studio.is_ready(&rendition) {
            let file = self.studio.file(&rendition);
            (std::fs::read(&file).ok()?, Kind::of(Path::new(path)), headers::IMMUTABLE)
        } else {
            let bytes = std::fs::read(self.studio.original(&rendition.source())).ok()?;
            let kind = kind_of(&bytes);
            (bytes, kind, headers::NO_STORE)
        };
        let mut response = Response::new(if method == Method::HEAD { Vec::new() } else { bytes });
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(kind.content_type()));
        fields.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
        headers::secure(fields);
        Some(response)
    }
}

/// By the first bytes, because the address names the picture that is still being made.
fn kind_of(bytes: &[u8]) -> Kind {
    match bytes {
        [0xff, 0xd8, ..] => Kind::Jpeg,
        [0x89, b'P', b'N', b'G', ..] => Kind::Png,
        _ => Kind::Bytes,
    }
}

fn encode(studio: &Studio, waiting: &Receiver<Vec<Rendition>>, tell: impl Fn(Encoded)) {
    while let Ok(first) = waiting.recv() {
        let orders = std::iter::once(first).chain(waiting.try_iter());
        let missing: BTreeSet<Rendition> =
            orders.flatten().filter(|rendition| !studio.is_ready(rendition)).collect();
        if missing.is_empty() {
            continue;
        }
        let missing: Vec<Rendition> = missing.into_iter().collect();
        let watch = Stopwatch::start();
        tell(match studio.ensure(&missing, &mut |_, _| {}) {
            Ok(()) => Encoded::Done { pictures: missing.len(), took: watch.elapsed() },
            Err(error) => Encoded::Failed(error.to_string()),
        });
    }
}

/// Lets builds and answers go first on a busy machine.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(19) {
        tracing::debug!(%error, "pictures are encoded at normal priority");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use axum::http::HeaderMap;
    use vitrine_core::ContentHash;
    use vitrine_pictures::Format;

    use super::*;

    fn header(headers: &HeaderMap, name: axum::http::HeaderName) -> String {
        headers[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_original_stands_in_until_its_picture_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (originals, cache) = (folder.path().join("originals"), folder.path().join("renditions"));
        std::fs::create_dir_all(&originals).unwrap();
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(64, 48).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let hash = ContentHash::of(bytes.get_ref());
        std::fs::write(originals.join(hash.hex()), bytes.get_ref()).unwrap();
        let picture = Rendition::new(hash, (64, 48), 64, Format::Avif);
        let path = format!("/{}", picture.path());

        let (told, news) = mpsc::channel();
        let studio = Studio::new(originals, cache, 1);
        let pictures = Pictures::start(studio.clone(), move |encoded| told.send(encoded).unwrap()).unwrap();
        assert!(pictures.respond(&Method::GET, &path).is_none(), "nothing points to it yet");
        // Known, and not encoded before the stand-in was looked at.
        *pictures.known.write().unwrap() = BTreeMap::from([(picture.path(), picture)]);
        let stand_in = pictures.respond(&Method::GET, &path).unwrap();
        assert_eq!(header(stand_in.headers(), CONTENT_TYPE), "image/png");
        assert_eq!(header(stand_in.headers(), CACHE_CONTROL), headers::NO_STORE);
        assert!(pictures.respond(&Method::HEAD, &path).unwrap().body().is_empty());
        assert!(pictures.respond(&Method::POST, &path).is_none());

        pictures.want(vec![picture]);
        let told = news.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(matches!(told, Encoded::Done { pictures: 1, .. }), "{told:?}");
        let made = pictures.respond(&Method::GET, &path).unwrap();
        assert_eq!(header(made.headers(), CONTENT_TYPE), "image/avif");
        assert_eq!(header(made.headers(), CACHE_CONTROL), headers::IMMUTABLE);
        assert_eq!(made.body(), &std::fs::read(studio.file(&picture)).unwrap());
    }
}
