CREATE TABLE store_store (
  store TEXT PRIMARY KEY,
  revision BIGINT NOT NULL
);
CREATE TABLE store_change (
  store TEXT NOT NULL,
  revision BIGINT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  change TEXT NOT NULL,
  PRIMARY KEY (store, revision, kind, id)
);
CREATE TABLE store_slug (
  store TEXT NOT NULL,
  lang TEXT NOT NULL,
  kind TEXT NOT NULL,
  slug TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (store, lang, kind, slug),
  UNIQUE (store, kind, id, lang)
);
CREATE TABLE store_redirect (
  store TEXT NOT NULL,
  lang TEXT NOT NULL,
  path TEXT NOT NULL,
  target TEXT NOT NULL,
  seq BIGINT NOT NULL,
  origin TEXT NOT NULL,
  source_hash TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store, lang, path)
);
CREATE INDEX store_redirect_target ON store_redirect (store, target);
CREATE TABLE store_redirect_counter (
  store TEXT PRIMARY KEY,
  seq BIGINT NOT NULL
);
