CREATE TABLE order_link (
  store TEXT NOT NULL,
  access TEXT NOT NULL,
  order_id TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (store, access)
);
