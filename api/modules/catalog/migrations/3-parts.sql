CREATE TABLE catalog_part (
  store TEXT NOT NULL,
  part TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (store, part, seq)
);
CREATE INDEX catalog_part_seq ON catalog_part (store, seq);
