//! Keys of a directory in byte order, read folder by folder and only as far as they are asked for.

use rustix::io::Errno;

use super::root::{Kind, Root};
use crate::{Listed, key};

/// What is asked for.
pub(super) struct Wanted<'a> {
    pub prefix: &'a str,
    pub after: Option<&'a str>,
    pub limit: usize,
}

/// At most `limit` files with the prefix that come after a key.
pub(super) fn list(root: &Root, wanted: &Wanted<'_>) -> Result<Vec<Listed>, Errno> {
    let mut found = Vec::new();
    walk(root, "", wanted, &mut found)?;
    Ok(found)
}

fn walk(root: &Root, folder: &str, wanted: &Wanted<'_>, found: &mut Vec<Listed>) -> Result<(), Errno> {
    let entries = match root.entries(folder) {
        Ok(entries) => entries,
        // Removed since its parent was read.
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut keys: Vec<String> =
        entries.into_iter().filter_map(|(name, kind)| path(folder, &name, kind)).collect();
    keys.retain(|key| wanted.may_hold(key));
    // A folder counts with its slash: `de-at.html` comes before `de/index.html`.
    keys.sort_unstable();
    for key in keys {
        if found.len() >= wanted.limit {
            return Ok(());
        }
        if key.ends_with('/') {
            walk(root, &key, wanted, found)?;
            continue;
        }
        match root.kind(&key) {
            Ok(Kind::File(bytes)) => found.push(Listed { key, bytes, etag: None }),
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A file's key, or a folder's with a slash at its end.
fn path(folder: &str, name: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::File(_) => Some(format!("{folder}{name}")),
        Kind::Folder => Some(format!("{folder}{name}/")),
        Kind::Other => None,
    }
}

impl Wanted<'_> {
    /// Whether a file is wanted, or something in a folder may be.
    fn may_hold(&self, path: &str) -> bool {
        let is_folder = path.ends_with('/');
        let has_prefix = path.starts_with(self.prefix) || is_folder && self.prefix.starts_with(path);
        let comes_after = self.after.is_none_or(|after| path > after || is_folder && after.starts_with(path));
        has_prefix && comes_after && !key::is_private(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_entered_only_where_something_wanted_may_be() {
        let wanted = |prefix, after| Wanted { prefix, after, limit: 1 };
        assert!(wanted("de/p/", None).may_hold("de/"));
        assert!(!wanted("de/p/", None).may_hold("fr/"));
        assert!(!wanted("de/p/", None).may_hold("de/index.html"));
        assert!(wanted("", Some("de/p/a")).may_hold("de/p/"));
        assert!(!wanted("", Some("de/p/a")).may_hold("de/a/"));
        assert!(!wanted("", Some("de/p/a")).may_hold("de/p/a"), "after means after");
        assert!(wanted("", Some("de/p/a")).may_hold("de/p/a/"));
        assert!(!wanted("", None).may_hold("_vitrine/"));
    }
}
