//! Which keys an object may have; the same in every store, so that a site can move from one to another.

use crate::error::ObjectError;

/// Folder of files about the site, which no server shows and no listing names.
pub const PRIVATE: &str = "_vitrine";

/// Folders below [`PRIVATE`] that a directory keeps for itself.
const OWN: [&str; 2] = ["versions", "tmp"];

/// The longest key S3 takes.
const KEY_MAX_BYTES: usize = 1024;
/// The longest file name that Linux file systems take.
const PART_MAX_BYTES: usize = 255;

/// Refuses a key that names no object, leads out of the store or into what the store keeps for itself.
pub(crate) fn check(key: &str) -> Result<(), ObjectError> {
    let wrong = |why| Err(ObjectError::key(key, why));
    if key.is_empty() {
        return wrong("is empty");
    }
    if key.len() > KEY_MAX_BYTES {
        return wrong("is longer than 1024 bytes");
    }
    if key.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return wrong("has a control character");
    }
    for part in key.split('/') {
        match part {
            "" => return wrong("has a slash at its start or end, or two in a row"),
            "." | ".." => return wrong("has a part `.` or `..`"),
            part if part.len() > PART_MAX_BYTES => return wrong("has a part longer than 255 bytes"),
            _ => {}
        }
    }
    let mut parts = key.split('/');
    if parts.next() == Some(PRIVATE) && parts.next().is_none_or(|part| OWN.contains(&part)) {
        return wrong("is kept for the store itself");
    }
    Ok(())
}

/// Whether a key stands for a file about the site.
pub(crate) fn is_private(key: &str) -> bool {
    key.strip_prefix(PRIVATE).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_shop_are_keys() {
        let long = format!("{}/x", "a".repeat(255));
        for key in
            ["index.html", "jp/p/枕/index.html", "a b+c%20'(1)&=.html", "_vitrine/site.json", "...", &long]
        {
            assert!(check(key).is_ok(), "{key}");
        }
    }

    #[test]
    fn a_key_cannot_lead_out_of_the_store() {
        let parts = "/a".repeat(600);
        let part = "a".repeat(256);
        for key in [
            "",
            "/etc/passwd",
            "../x",
            "de/../../x",
            "de/./x",
            "de//x",
            "de/",
            "..",
            "a\0b",
            "a\nb",
            "_vitrine",
            "_vitrine/versions/af13",
            "_vitrine/tmp/1",
            &parts[1..],
            &part,
        ] {
            let error = check(key).unwrap_err();
            assert!(matches!(&error, ObjectError::Key { key: named, .. } if named == key), "{error}");
            assert!(!error.is_transient());
        }
    }

    #[test]
    fn only_the_private_folder_is_private() {
        assert!(is_private("_vitrine/site.json"));
        assert!(!is_private("_vitrine.html") && !is_private("de/_vitrine/x"));
    }
}
