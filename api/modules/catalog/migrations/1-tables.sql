CREATE TABLE catalog_counter (
  store TEXT PRIMARY KEY,
  seq BIGINT NOT NULL
);

CREATE TABLE catalog_product (
  store TEXT NOT NULL,
  seq BIGINT NOT NULL,
  id TEXT NOT NULL,
  doc TEXT NOT NULL,
  stated TEXT NOT NULL,
  live TEXT NOT NULL,
  outline TEXT NOT NULL,
  hash TEXT NOT NULL,
  next_number BIGINT NOT NULL,
  origin TEXT NOT NULL,
  source_hash TEXT NOT NULL,
  edited TEXT,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store, seq),
  UNIQUE (store, id)
);

CREATE TABLE catalog_product_text (
  store TEXT NOT NULL,
  seq BIGINT NOT NULL,
  lang TEXT NOT NULL,
  doc TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (store, seq, lang)
);

CREATE TABLE catalog_product_offer (
  store TEXT NOT NULL,
  seq BIGINT NOT NULL,
  country TEXT NOT NULL,
  doc TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (store, seq, country)
);

CREATE TABLE catalog_sku (
  store TEXT NOT NULL,
  sku TEXT NOT NULL,
  seq BIGINT NOT NULL,
  number BIGINT NOT NULL,
  removed BIGINT NOT NULL,
  PRIMARY KEY (store, sku)
);
CREATE INDEX catalog_sku_seq ON catalog_sku (store, seq);

CREATE TABLE catalog_price_history (
  store TEXT NOT NULL,
  sku TEXT NOT NULL,
  country TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  from_ms BIGINT,
  minor BIGINT NOT NULL,
  compare_at BIGINT,
  is_window BIGINT NOT NULL
);
CREATE INDEX catalog_price_history_sku ON catalog_price_history (store, sku, country, until_ms);
