CREATE TABLE generator_target (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (store, target),
    UNIQUE (store, name)
);
CREATE TABLE generator_edition (
    store TEXT NOT NULL,
    country TEXT NOT NULL,
    locale TEXT NOT NULL,
    edition BIGINT NOT NULL,
    PRIMARY KEY (store, country, locale),
    UNIQUE (store, edition)
);
CREATE TABLE generator_storefront (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    country TEXT NOT NULL,
    revision BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    site TEXT NOT NULL,
    PRIMARY KEY (store, target, country)
);
CREATE TABLE generator_ledger (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    page BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    path TEXT NOT NULL,
    fingerprint BIGINT NOT NULL,
    hash TEXT,
    bytes BIGINT NOT NULL,
    valid_until BIGINT,
    shape BIGINT NOT NULL,
    PRIMARY KEY (store, target, page, edition)
);
CREATE INDEX generator_ledger_path ON generator_ledger (store, target, path);
CREATE INDEX generator_ledger_due ON generator_ledger (store, target, valid_until) WHERE valid_until IS NOT NULL;
CREATE TABLE generator_dependency (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    entity BIGINT NOT NULL,
    page BIGINT NOT NULL,
    PRIMARY KEY (store, target, entity, page)
);
CREATE INDEX generator_dependency_page ON generator_dependency (store, target, page);
CREATE TABLE generator_journal (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    page BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    leaves TEXT,
    PRIMARY KEY (store, target, page, edition)
);
