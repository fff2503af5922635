//! The CDN: what must be forgotten by it, and how it is told.
