//! The studio from outside: what lies in its folder afterwards.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use tempfile::TempDir;
use vitrine_core::ContentHash;
use vitrine_pictures::{Format, PictureError, Rendition, Studio};

/// A small picture with a gradient and an edge, different for each seed.
fn drawn(seed: u32, width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let edge = if (x + seed * 7) % 40 < 20 { 30 } else { 0 };
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, (120 + edge + seed) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn keep(folder: &Path, bytes: &[u8]) -> ContentHash {
    let hash = ContentHash::of(bytes);
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(hash.hex()), bytes).unwrap();
    hash
}

/// A picture of 400 x 300 pixels at two widths in both formats.
fn renditions(source: ContentHash) -> Vec<Rendition> {
    let sizes = [Format::Avif, Format::Jpeg].map(|format| [160, 400].map(|to| (to, format)));
    sizes.concat().into_iter().map(|(to, format)| Rendition::new(source, (400, 300), to, format)).collect()
}

/// Three originals and all their renditions.
fn shop(folder: &TempDir) -> Vec<Rendition> {
    let sources = (1..=3).map(|seed| keep(&folder.path().join("originals"), &drawn(seed, 400, 300)));
    sources.flat_map(renditions).collect()
}

fn studio(folder: &TempDir, cache: &str, threads: usize) -> Studio {
    Studio::new(folder.path().join("originals"), folder.path().join(cache), threads)
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let name =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|entry| name(entry.unwrap())).collect()
}

#[test]
fn the_same_bytes_at_any_thread_count() {
    let folder = TempDir::new().unwrap();
    let wanted = shop(&folder);
    studio(&folder, "one", 1).ensure(&wanted, &mut |_, _| {}).unwrap();
    studio(&folder, "four", 4).ensure(&wanted, &mut |_, _| {}).unwrap();
    let made = files(&folder.path().join("one"));
    assert_eq!(made.len(), wanted.len());
    assert!(made == files(&folder.path().join("four")));
}

/// Other machines, other processors: the bytes were written down once.
///
/// When this fails after an encoder was updated, raise `ENCODER_REVISION` and write them down again.
#[test]
fn the_same_bytes_on_any_machine() {
    let folder = TempDir::new().unwrap();
    let source = keep(&folder.path().join("originals"), &drawn(1, 400, 300));
    let wanted = renditions(source);
    let studio = studio(&folder, "cache", 1);
    studio.ensure(&wanted, &mut |_, _| {}).unwrap();
    let hashes: Vec<(String, String)> = wanted
        .iter()
        .map(|made| (made.path(), ContentHash::of(&fs::read(studio.file(made)).unwrap()).hex()))
        .collect();
    let written_down = [
        ("media/c3fbd371de1be317.avif", "281b783980ef668713a9813155bb68fa"),
        ("media/c1292664704e1056.avif", "126b94891e916a1a63a8148c9e2ba436"),
        ("media/b485286c20554ac4.jpg", "52a9e16b63657b1e3f40b8b1a9c9d9ed"),
        ("media/6c756336dc51461e.jpg", "af1be26c27d91b2e70acd5c4c45b5a37"),
    ]
    .map(|(path, hash)| (path.to_owned(), hash.to_owned()));
    assert_eq!(hashes, written_down);
}

#[test]
fn a_rendition_has_the_size_it_says() {
    let folder = TempDir::new().unwrap();
    let wanted = shop(&folder);
    let studio = studio(&folder, "cache", 2);
    studio.ensure(&wanted, &mut |_, _| {}).unwrap();
    for made in wanted.iter().filter(|made| made.path().ends_with("jpg")) {
        let bytes = fs::read(studio.file(made)).unwrap();
        let size = vitrine_pictures::measure(&bytes, Path::new("made.jpg")).unwrap();
        assert_eq!(size, (made.width(), made.height()));
    }
}

#[test]
fn only_what_is_missing_is_made_and_counted() {
    let folder = TempDir::new().unwrap();
    let wanted = shop(&folder);
    let studio = studio(&folder, "cache", 2);
    let mut heard = Vec::new();
    studio.ensure(&wanted[..2], &mut |done, total| heard.push((done, total))).unwrap();
    assert_eq!(heard, [(1, 2), (2, 2)]);
    assert!(studio.is_ready(&wanted[0]) && !studio.is_ready(&wanted[2]));

    let mut heard = Vec::new();
    let twice = [&wanted[..3], &wanted[..3]].concat();
    studio.ensure(&twice, &mut |done, total| heard.push((done, total))).unwrap();
    assert_eq!(heard, [(1, 1)]);
    studio.ensure(&twice, &mut |_, _| panic!("nothing was missing")).unwrap();
}

#[test]
fn an_empty_file_is_made_again() {
    let folder = TempDir::new().unwrap();
    let wanted = shop(&folder);
    let studio = studio(&folder, "cache", 1);
    fs::create_dir_all(folder.path().join("cache")).unwrap();
    fs::write(studio.file(&wanted[0]), b"").unwrap();
    studio.ensure(&wanted[..1], &mut |_, _| {}).unwrap();
    assert!(fs::metadata(studio.file(&wanted[0])).unwrap().len() > 0);
}

#[test]
fn two_at_once_leave_whole_files_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let wanted = shop(&folder);
    thread::scope(|scope| {
        for _ in 0..2 {
            let studio = studio(&folder, "cache", 2);
            let wanted = &wanted;
            scope.spawn(move || studio.ensure(wanted, &mut |_, _| {}).unwrap());
        }
    });
    studio(&folder, "alone", 1).ensure(&wanted, &mut |_, _| {}).unwrap();
    assert!(files(&folder.path().join("cache")) == files(&folder.path().join("alone")));
}

#[test]
fn a_broken_original_is_named_and_stops_no_other() {
    let folder = TempDir::new().unwrap();
    let mut wanted = shop(&folder);
    let whole = drawn(9, 400, 300);
    let cut = keep(&folder.path().join("originals"), &whole[..whole.len() / 2]);
    wanted.splice(0..0, renditions(cut));
    let studio = studio(&folder, "cache", 2);
    let error = studio.ensure(&wanted, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, PictureError::Broken { .. }), "{error}");
    assert!(error.to_string().contains(&cut.hex()), "{error}");
    let (made, missing): (Vec<&Rendition>, Vec<&Rendition>) =
        wanted.iter().partition(|one| studio.is_ready(one));
    assert!(missing.iter().all(|one| one.source() == cut));
    assert_eq!(made.len(), shop(&folder).len());
}

#[test]
fn a_missing_original_and_a_wrong_plan_are_told() {
    let folder = TempDir::new().unwrap();
    let studio = studio(&folder, "cache", 1);
    let nowhere = renditions(ContentHash::of(b"nowhere"));
    let error = studio.ensure(&nowhere, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, PictureError::Unreadable { .. }), "{error}");

    let source = keep(&folder.path().join("originals"), &drawn(1, 400, 300));
    let error =
        studio.ensure(&[Rendition::new(source, (400, 400), 160, Format::Jpeg)], &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("400 x 300"), "{error}");
}
