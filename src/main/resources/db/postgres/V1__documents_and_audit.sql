-- Texts compare byte by byte, so that lists are sorted as in the embedded catalog, whatever the database's locale.
CREATE TABLE documents (
  kind       text COLLATE "C" NOT NULL,
  id         text COLLATE "C" NOT NULL,
  version    bigint           NOT NULL CHECK (version > 0),
  -- Text, not jsonb: a document comes back exactly as it was put.
  json       text             NOT NULL,
  updated_at timestamptz      NOT NULL,
  PRIMARY KEY (kind, id)
);

-- One partition a day (UTC), so that old days go by dropping a table. The primary key must contain the partition key.
CREATE SEQUENCE audit_id;

CREATE TABLE audit (
  id          bigint      NOT NULL DEFAULT nextval('audit_id'),
  at          timestamptz NOT NULL,
  actor       text        NOT NULL,
  action      text        NOT NULL,
  kind        text        NOT NULL,
  document_id text        NOT NULL,
  metadata    jsonb       NOT NULL,
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);

CREATE INDEX audit_newest ON audit (at, id);
CREATE INDEX audit_by_document ON audit (kind, document_id, at);
CREATE INDEX audit_by_actor ON audit (actor, at);
CREATE INDEX audit_by_metadata ON audit USING gin (metadata jsonb_path_ops);

-- Makes the partitions of `days` days from `first` on that are missing; says how many. Several nodes may call it at once.
-- A table is made first and attached then, because that does not lock readers and writers of the others out.
CREATE FUNCTION audit_make_days(first date, days integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  made integer := 0;
  day  date;
  part text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tidemark.audit'));
  FOR i IN 0 .. days - 1 LOOP
    day := first + i;
    part := 'audit_' || to_char(day, 'YYYYMMDD');
    IF to_regclass(quote_ident(part)) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE audit INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
      EXECUTE format('ALTER TABLE audit ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, day || ' 00:00:00+00',
                     (day + 1) || ' 00:00:00+00');
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END
$$;

-- Drops the partitions of all days before `first`; says how many.
CREATE FUNCTION audit_drop_days(first date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  dropped integer := 0;
  part    record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tidemark.audit'));
  FOR part IN
    SELECT child.oid::regclass AS name
    FROM pg_inherits JOIN pg_class child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent = 'audit'::regclass AND child.relname ~ '^audit_[0-9]{8}$'
      AND to_date(substr(child.relname, 7), 'YYYYMMDD') < first
  LOOP
    EXECUTE format('DROP TABLE %s', part.name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;

SELECT audit_make_days((now() AT TIME ZONE 'UTC')::date, 8);
