CREATE TABLE order_refund (
  store TEXT NOT NULL,
  order_id TEXT NOT NULL,
  id TEXT NOT NULL,
  lines TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (store, order_id, id)
);
