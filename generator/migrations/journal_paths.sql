DROP TABLE generator_journal;
CREATE TABLE generator_journal (
    store TEXT NOT NULL,
    target BIGINT NOT NULL,
    page BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (store, target, page, edition, path)
);
