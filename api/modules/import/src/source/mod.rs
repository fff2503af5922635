//! Reads a content folder.
