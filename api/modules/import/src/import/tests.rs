//! Folders into both databases.
