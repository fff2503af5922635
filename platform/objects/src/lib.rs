//! Object stores: a directory or any S3-compatible service.
