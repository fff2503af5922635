//! What can be wrong with a theme.

use std::path::PathBuf;

use tera::ErrorKind;

/// A theme that cannot be loaded, or a page that cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// A file or folder cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is there but wrong.
    #[error("templates/{file}:{line}: {message}")]
    Invalid {
        /// Path below `templates/`.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What was found.
        message: String,
    },
    /// A file that every theme has is absent.
    #[error("templates/{file}: missing")]
    Missing {
        /// Path below `templates/`.
        file: String,
    },
    /// A word that templates use was not given.
    #[error("no text for the message `{id}`, which the templates use")]
    MissingWord {
        /// The message's id.
        id: String,
    },
}

impl ThemeError {
    pub(crate) fn invalid(file: &str, line: usize, message: &str) -> Self {
        Self::Invalid { file: file.to_owned(), line, message: message.to_owned() }
    }

    /// Takes file and line out of Tera's report; `asked` is the template that was asked for.
    pub(crate) fn from_tera(asked: &str, error: &tera::Error) -> Self {
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                let file = if report.filename().is_empty() { asked } else { report.filename() };
                Self::invalid(file, report.span().start_line, report.message())
            }
            other => Self::invalid(asked, 1, &other.to_string()),
        }
    }
}
