-- Portable columns: BIGINT for numbers and epoch milliseconds, TEXT for the rest. Ids are made by the application.
CREATE TABLE documents (
  kind       TEXT   NOT NULL,
  id         TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  json       TEXT   NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE TABLE audit (
  id          BIGINT NOT NULL PRIMARY KEY,
  at_millis   BIGINT NOT NULL,
  actor       TEXT   NOT NULL,
  action      TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  document_id TEXT   NOT NULL,
  detail      TEXT   NOT NULL
);
