-- The platform's tables, the same in every service's database: facts out, facts in, answers given.

-- Facts on their way out. A row is written in the transaction of its effect and marked once the bus has acknowledged it.
CREATE TABLE outbox (
  id            uuid PRIMARY KEY,
  tenant_id     text NOT NULL,
  subject       text NOT NULL,
  sequence      bigint NOT NULL,
  type          text NOT NULL,
  envelope      jsonb NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  leased_until  timestamptz,
  attempts      integer NOT NULL DEFAULT 0,
  published_at  timestamptz,
  UNIQUE (tenant_id, subject, sequence)
);
CREATE INDEX outbox_unpublished ON outbox (created_at, id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Per subject (a deal, mostly): the last sequence given out, and the newest event time seen, own or foreign.
CREATE TABLE outbox_clock (
  tenant_id      text NOT NULL,
  subject        text NOT NULL,
  last_sequence  bigint NOT NULL DEFAULT 0,
  last_time      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, subject)
);

-- Foreign facts that were handled, or are being tried again.
CREATE TABLE inbox (
  publisher   text NOT NULL,
  event_id    uuid NOT NULL,
  tenant_id   text NOT NULL,
  subject     text NOT NULL,
  sequence    bigint NOT NULL,
  outcome     text NOT NULL CHECK (outcome IN ('handled', 'refused', 'failing', 'dead')),
  attempts    integer NOT NULL DEFAULT 1,
  last_error  text,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (publisher, event_id)
);
CREATE INDEX inbox_updated ON inbox (updated_at);

-- How far each subject of each publisher has been followed.
CREATE TABLE inbox_cursor (
  publisher      text NOT NULL,
  tenant_id      text NOT NULL,
  subject        text NOT NULL,
  last_sequence  bigint NOT NULL,
  PRIMARY KEY (publisher, tenant_id, subject)
);

-- What could not be read, or failed too often: kept whole, to be replayed or discarded by a person.
CREATE TABLE dead_letter (
  id            uuid PRIMARY KEY,
  publisher     text NOT NULL,
  type          text NOT NULL,
  body          text NOT NULL,
  reason        text NOT NULL,
  attempts      integer NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  replayed_at   timestamptz,
  discarded_at  timestamptz
);

-- Answers given to commands, stored in the transaction of the effect.
CREATE TABLE idempotency (
  tenant_id    text NOT NULL,
  principal    text NOT NULL,
  method       text NOT NULL,
  path         text NOT NULL,
  key          text NOT NULL,
  fingerprint  text NOT NULL,
  status       integer NOT NULL,
  headers      jsonb NOT NULL,
  body         text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, principal, method, path, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);
