-- The trace of the change that made a path stale, so that one trace leads from the write to the CDN.
ALTER TABLE generator_invalidation ADD COLUMN trace TEXT;
