//! Feeds into both databases.
