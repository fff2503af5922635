CREATE TABLE cart_cart (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  country TEXT NOT NULL,
  version BIGINT NOT NULL,
  contents TEXT NOT NULL,
  ordered TEXT,
  touched_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);
CREATE INDEX cart_cart_expiry ON cart_cart (expires_at);
