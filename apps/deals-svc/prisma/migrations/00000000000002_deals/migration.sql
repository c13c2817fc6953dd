-- Deals: who asks for funding, for what, what was offered, checked and agreed, and everything that happened on the way.
-- Ids are unique within a tenant, so every key begins with it.

CREATE TYPE deal_status AS ENUM ('open', 'offer', 'accepted', 'signed', 'declined', 'closed');
CREATE TYPE review_status AS ENUM ('none', 'pending', 'approved', 'rejected', 'changes_requested');
CREATE TYPE background_status AS ENUM ('OK', 'FLAGGED');
CREATE TYPE alert_severity AS ENUM ('info', 'warning', 'critical');

CREATE TABLE merchants (
  id                   uuid NOT NULL,
  tenant_id            text NOT NULL,
  legal_name           text NOT NULL,
  normalised_name      text NOT NULL,
  dba                  text,
  ein                  text,
  state                text,
  business_start_date  date,
  industry_naics       text,
  entity_type          text,
  phone                text,
  email                text,
  ticker               text,
  external_id          text,
  version              integer NOT NULL DEFAULT 1,
  created_at           timestamptz(3) NOT NULL,
  updated_at           timestamptz(3) NOT NULL,
  CONSTRAINT merchants_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX merchants_tenant_id_normalised_name_state_idx ON merchants (tenant_id, normalised_name, state);
-- Not unique: the intake may bring the EIN of another merchant, which the background checks then flag. That two starts
-- with one EIN make one merchant is kept by a lock on the EIN.
CREATE INDEX merchants_ein ON merchants (tenant_id, ein) WHERE ein IS NOT NULL;

CREATE TABLE deals (
  id                            uuid NOT NULL,
  tenant_id                     text NOT NULL,
  merchant_id                   uuid NOT NULL,
  status                        deal_status NOT NULL DEFAULT 'open',
  review_status                 review_status NOT NULL DEFAULT 'none',
  assignee                      text,
  source                        text,
  requested_amount_cents        bigint,
  use_of_funds                  text,
  stated_monthly_revenue_cents  bigint,
  owner_name                    text,
  owner_email                   text,
  owner_phone                   text,
  ownership_pct                 decimal(5,2),
  stated_fico                   integer,
  owner_ssn_last4               text CHECK (owner_ssn_last4 ~ '^[0-9]{4}$'),
  open_bankruptcy               boolean,
  confirmations                 jsonb NOT NULL DEFAULT '[]',
  statement_set_id              uuid,
  statement_months              integer,
  statements_reconciled         boolean,
  avg_monthly_revenue_cents     bigint,
  avg_monthly_deposits_cents    bigint,
  avg_daily_balance_cents       bigint,
  nsf_count                     integer,
  negative_days                 integer,
  deposit_count                 integer,
  positions_count               integer,
  positions                     jsonb NOT NULL DEFAULT '[]',
  accepted_offer_id             uuid,
  accepted_terms                jsonb,
  commission_cents              bigint,
  paper_grade                   text,
  background_status             background_status,
  envelope_id                   uuid,
  version                       integer NOT NULL DEFAULT 1,
  created_at                    timestamptz(3) NOT NULL,
  updated_at                    timestamptz(3) NOT NULL,
  intake_completed_at           timestamptz(3),
  statements_analyzed_at        timestamptz(3),
  offers_generated_at           timestamptz(3),
  accepted_at                   timestamptz(3),
  background_run_at             timestamptz(3),
  signature_sent_at             timestamptz(3),
  signed_at                     timestamptz(3),
  declined_at                   timestamptz(3),
  closed_at                     timestamptz(3),
  deleted_at                    timestamptz(3),
  CONSTRAINT deals_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT deals_tenant_id_merchant_id_fkey FOREIGN KEY (tenant_id, merchant_id)
    REFERENCES merchants (tenant_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT
);
CREATE INDEX deals_tenant_id_merchant_id_created_at_idx ON deals (tenant_id, merchant_id, created_at DESC);
-- A merchant has at most one deal that still leads somewhere.
CREATE UNIQUE INDEX deals_one_unfinished ON deals (tenant_id, merchant_id)
  WHERE status IN ('open', 'offer', 'accepted') AND deleted_at IS NULL;
-- The background checks look for the same owner elsewhere.
CREATE INDEX deals_owner_email ON deals (tenant_id, lower(owner_email)) WHERE owner_email IS NOT NULL;
CREATE INDEX deals_owner_phone ON deals (tenant_id, owner_phone) WHERE owner_phone IS NOT NULL;
CREATE INDEX deals_owner_ssn_last4 ON deals (tenant_id, owner_ssn_last4) WHERE owner_ssn_last4 IS NOT NULL;

CREATE TABLE offers (
  id                         uuid NOT NULL,
  tenant_id                  text NOT NULL,
  deal_id                    uuid NOT NULL,
  statement_set_id           uuid NOT NULL,
  rank                       integer NOT NULL,
  label                      text NOT NULL,
  recommended                boolean NOT NULL,
  funded_amount_cents        bigint NOT NULL,
  factor_rate_bps            integer NOT NULL,
  payback_amount_cents       bigint NOT NULL,
  finance_charge_cents       bigint NOT NULL,
  payment_frequency          text NOT NULL,
  payment_amount_cents       bigint NOT NULL,
  last_payment_amount_cents  bigint NOT NULL,
  payment_count              integer NOT NULL,
  term_days                  integer NOT NULL,
  holdback_bps               integer NOT NULL,
  est_apr_bps                integer NOT NULL,
  commission_cents           bigint NOT NULL,
  paper_grade                text NOT NULL,
  policy_version             text NOT NULL,
  created_at                 timestamptz(3) NOT NULL,
  expires_at                 timestamptz(3) NOT NULL,
  superseded_at              timestamptz(3),
  CONSTRAINT offers_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT offers_tenant_id_deal_id_fkey FOREIGN KEY (tenant_id, deal_id)
    REFERENCES deals (tenant_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT offers_payments_add_up
    CHECK (payment_amount_cents * (payment_count - 1) + last_payment_amount_cents = payback_amount_cents)
);
CREATE INDEX offers_tenant_id_deal_id_created_at_idx ON offers (tenant_id, deal_id, created_at DESC);

CREATE TABLE background_checks (
  id           uuid NOT NULL,
  tenant_id    text NOT NULL,
  deal_id      uuid NOT NULL,
  merchant_id  uuid NOT NULL,
  status       background_status NOT NULL,
  reasons      jsonb NOT NULL,
  checks       jsonb NOT NULL,
  run_by       text NOT NULL,
  created_at   timestamptz(3) NOT NULL,
  CONSTRAINT background_checks_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT background_checks_tenant_id_deal_id_fkey FOREIGN KEY (tenant_id, deal_id)
    REFERENCES deals (tenant_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT
);
CREATE INDEX background_checks_tenant_id_deal_id_created_at_idx ON background_checks (tenant_id, deal_id, created_at DESC);

-- Terms that were promised to an envelope: whoever asks again for it gets these, word for word.
CREATE TABLE signature_reservations (
  envelope_id  uuid NOT NULL,
  tenant_id    text NOT NULL,
  deal_id      uuid NOT NULL,
  terms        jsonb NOT NULL,
  terms_hash   text NOT NULL,
  deal_version integer NOT NULL,
  force        boolean NOT NULL,
  reserved_at  timestamptz(3) NOT NULL,
  released_at  timestamptz(3),
  CONSTRAINT signature_reservations_pkey PRIMARY KEY (tenant_id, envelope_id),
  CONSTRAINT signature_reservations_tenant_id_deal_id_fkey FOREIGN KEY (tenant_id, deal_id)
    REFERENCES deals (tenant_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT
);
CREATE UNIQUE INDEX signature_reservations_outstanding ON signature_reservations (tenant_id, deal_id)
  WHERE released_at IS NULL;

-- The timeline. No foreign keys: an event of another service is kept whatever it speaks of.
CREATE TABLE events (
  id           uuid NOT NULL,
  tenant_id    text NOT NULL,
  merchant_id  uuid,
  deal_id      uuid NOT NULL,
  type         text NOT NULL,
  time         timestamptz(3) NOT NULL,
  data         jsonb NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT events_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX events_tenant_id_created_at_idx ON events (tenant_id, created_at DESC);
CREATE INDEX events_tenant_id_deal_id_time_id_idx ON events (tenant_id, deal_id, time DESC, id DESC);
CREATE INDEX events_type_created_at_idx ON events (type, created_at DESC);

CREATE TABLE alerts (
  id            uuid NOT NULL,
  tenant_id     text NOT NULL,
  severity      alert_severity NOT NULL,
  code          text NOT NULL,
  message       text NOT NULL,
  deal_id       uuid,
  merchant_id   uuid,
  created_at    timestamptz(3) NOT NULL,
  dismissed_at  timestamptz(3),
  dismissed_by  text,
  CONSTRAINT alerts_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX alerts_tenant_id_created_at_id_idx ON alerts (tenant_id, created_at DESC, id DESC);
CREATE INDEX alerts_active ON alerts (tenant_id, created_at DESC, id DESC) WHERE dismissed_at IS NULL;
