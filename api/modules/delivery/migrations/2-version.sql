CREATE TABLE delivery_version (
  store TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (store)
);
