CREATE TABLE catalog_product_promoted (
  store TEXT NOT NULL,
  seq BIGINT NOT NULL,
  country TEXT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (store, seq, country)
);
