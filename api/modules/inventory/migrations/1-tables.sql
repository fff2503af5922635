CREATE TABLE inventory_location (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  priority BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);
CREATE TABLE inventory_stock (
  store TEXT NOT NULL,
  sku TEXT NOT NULL,
  location TEXT NOT NULL,
  on_hand BIGINT NOT NULL,
  reserved BIGINT NOT NULL CHECK (reserved >= 0),
  backorder BIGINT NOT NULL CHECK (backorder >= 0),
  low_at BIGINT NOT NULL CHECK (low_at >= 0),
  version BIGINT NOT NULL,
  PRIMARY KEY (store, sku, location)
);
CREATE TABLE inventory_state (
  store TEXT NOT NULL,
  sku TEXT NOT NULL,
  state TEXT NOT NULL,
  version BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store, sku)
);
CREATE TABLE inventory_reservation (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  state TEXT NOT NULL,
  draws TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);
CREATE INDEX inventory_reservation_owner ON inventory_reservation (store, owner);
CREATE INDEX inventory_reservation_held ON inventory_reservation (expires_at) WHERE state = 'held';
CREATE INDEX inventory_reservation_ended ON inventory_reservation (changed_at) WHERE state <> 'held';
CREATE TABLE inventory_movement (
  store TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  sku TEXT NOT NULL,
  location TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (store, kind, id, sku, location)
);
CREATE INDEX inventory_movement_sku ON inventory_movement (store, sku, at);
