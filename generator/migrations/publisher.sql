DROP TABLE generator_journal;
CREATE TABLE generator_journal (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    job BIGINT NOT NULL,
    page BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (store, target, job, page, edition, path)
);
ALTER TABLE generator_ledger ADD COLUMN version TEXT;
ALTER TABLE generator_storefront ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
ALTER TABLE generator_target ADD COLUMN assets TEXT;
ALTER TABLE generator_target ADD COLUMN machine TEXT;
CREATE TABLE generator_asset (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    path TEXT NOT NULL,
    unused_since BIGINT,
    PRIMARY KEY (store, target, path)
);
CREATE TABLE generator_release (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    country TEXT NOT NULL,
    release BIGINT NOT NULL,
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    reason TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    written BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (store, target, country, release)
);
CREATE TABLE generator_release_path (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    country TEXT NOT NULL,
    release BIGINT NOT NULL,
    path TEXT NOT NULL,
    old_hash TEXT,
    old_version TEXT,
    new_hash TEXT,
    new_version TEXT,
    PRIMARY KEY (store, target, country, release, path)
);
CREATE TABLE generator_hold (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    country TEXT NOT NULL,
    release BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (store, target, country)
);
CREATE TABLE generator_invalidation (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    path TEXT NOT NULL,
    country TEXT NOT NULL,
    release BIGINT NOT NULL,
    at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (store, target, path)
);
CREATE TABLE generator_recheck (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    path TEXT NOT NULL,
    edition BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (store, target, path)
);
CREATE TABLE generator_demand (
    store TEXT NOT NULL,
    country TEXT NOT NULL,
    revision BIGINT NOT NULL,
    reason TEXT NOT NULL,
    priority BIGINT NOT NULL,
    sweep BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    trace TEXT,
    PRIMARY KEY (store, country)
);
CREATE TABLE generator_lease (
    store TEXT NOT NULL,
    country TEXT NOT NULL,
    owner TEXT NOT NULL,
    fence BIGINT NOT NULL,
    until BIGINT NOT NULL,
    progress TEXT,
    PRIMARY KEY (store, country)
);
CREATE TABLE generator_trouble (
    store TEXT NOT NULL,
    country TEXT NOT NULL,
    error TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (store, country)
);
ALTER TABLE generator_ledger ADD COLUMN etag TEXT;
CREATE TABLE generator_late (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    entity BIGINT NOT NULL,
    PRIMARY KEY (store, target, entity)
);
