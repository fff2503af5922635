CREATE TABLE order_order (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  access TEXT NOT NULL,
  country TEXT NOT NULL,
  cart TEXT NOT NULL,
  customer TEXT NOT NULL,
  state TEXT NOT NULL,
  version BIGINT NOT NULL,
  contents TEXT NOT NULL,
  total BIGINT NOT NULL,
  currency TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  placed_at BIGINT,
  PRIMARY KEY (store, id),
  UNIQUE (store, number),
  UNIQUE (store, access)
);
CREATE INDEX order_order_created ON order_order (store, created_at);
CREATE INDEX order_order_customer ON order_order (store, customer);
CREATE INDEX order_order_state ON order_order (state, created_at);
CREATE TABLE order_history (
  store TEXT NOT NULL,
  order_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  what TEXT NOT NULL,
  state TEXT NOT NULL,
  made_by TEXT NOT NULL,
  detail TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (store, order_id, version)
);
CREATE TABLE order_shipment (
  store TEXT NOT NULL,
  order_id TEXT NOT NULL,
  id TEXT NOT NULL,
  carrier TEXT NOT NULL,
  tracking TEXT NOT NULL,
  lines TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (store, order_id, id)
);
CREATE TABLE order_return (
  store TEXT NOT NULL,
  order_id TEXT NOT NULL,
  id TEXT NOT NULL,
  lines TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (store, order_id, id)
);
CREATE TABLE order_withdrawal (
  store TEXT NOT NULL,
  order_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  lines TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (store, order_id, id)
);
