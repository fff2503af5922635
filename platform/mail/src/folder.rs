//! Letters into a folder, as `.eml` files: the embedded default, for looking at.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::{Letter, MailError, Mailer, MessageId, compose};

/// A folder of letters, named by their Message-ID: one that is sent twice is one file.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder, which is made with the first letter.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The letters in it, latest first, at most so many.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub async fn list(&self, limit: usize) -> io::Result<Vec<PathBuf>> {
        let mut entries = match tokio::fs::read_dir(&self.path).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut letters = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "eml") {
                letters.push((entry.metadata().await?.modified()?, path));
            }
        }
        letters.sort_by(|a, b| b.cmp(a));
        letters.truncate(limit);
        Ok(letters.into_iter().map(|(_, path)| path).collect())
    }

    /// Where a letter is.
    ///
    /// A Message-ID has no separators, and begins with a letter or digit as far as ours go; `.` in front hides none.
    pub(crate) fn file(&self, id: &MessageId) -> PathBuf {
        self.path.join(format!("{}.eml", id.as_str().trim_start_matches('.')))
    }

    async fn write(&self, letter: &Letter) -> io::Result<()> {
        let bytes = compose::bytes(letter).map_err(io::Error::other)?;
        tokio::fs::create_dir_all(&self.path).await?;
        let whole = self.file(letter.id());
        let part = whole.with_extension("part");
        tokio::fs::write(&part, bytes).await?;
        tokio::fs::rename(part, whole).await
    }
}

#[async_trait]
impl Mailer for Folder {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        compose::envelope(letter)?;
        let failed = |error: io::Error| MailError::Transient(format!("{}: {error}", self.path.display()));
        self.write(letter).await.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use vitrine_core::Timestamp;

    use super::*;
    use crate::Address;

    fn letter(id: &str) -> Letter {
        let address = |text| Address::try_new("to", text).unwrap();
        let id = MessageId::try_new(id).unwrap();
        let at = Timestamp::from_ms(0);
        Letter::try_new(id, address("a@example.com"), address("b@example.com"), "Hi", "Text", at).unwrap()
    }

    #[tokio::test]
    async fn letters_are_files_and_the_same_one_is_one_file() {
        let state = tempfile::tempdir().unwrap();
        let folder = Folder::new(state.path().join("a/mail"));
        assert_eq!(folder.list(10).await.unwrap(), [""; 0].map(PathBuf::from));
        for id in ["one@x", "two@x", "one@x", "..three@x"] {
            folder.send(&letter(id)).await.unwrap();
        }
        let mut names: Vec<String> = folder
            .list(10)
            .await
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["one@x.eml", "three@x.eml", "two@x.eml"]);
        assert_eq!(folder.list(1).await.unwrap().len(), 1);
        let text = std::fs::read_to_string(folder.path().join("one@x.eml")).unwrap();
        assert!(text.contains("Message-ID: <one@x>") && text.trim_end().ends_with("Text"), "{text}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing half-written stays");
    }

    #[tokio::test]
    async fn a_folder_that_can_not_be_written_is_tried_again() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Folder::new(file.join("mail")).send(&letter("one@x")).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
}
