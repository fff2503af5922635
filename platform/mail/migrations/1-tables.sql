CREATE TABLE mail_delivery (
  store TEXT NOT NULL,
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  free_at BIGINT NOT NULL,
  last_error TEXT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store, event, kind, recipient)
);
CREATE INDEX mail_delivery_open ON mail_delivery (free_at) WHERE state IN ('claimed', 'waiting');
CREATE INDEX mail_delivery_done ON mail_delivery (changed_at) WHERE state IN ('sent', 'dead');
