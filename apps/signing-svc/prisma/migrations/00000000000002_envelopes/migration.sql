-- Agreements that were sent for signature, what providers said about them, and the mock provider's own books.

CREATE TYPE envelope_state AS ENUM (
  'intent', 'sending', 'sent', 'viewed', 'signed', 'declined', 'voided', 'unknown', 'failed'
);

-- The id of a deal's next or present envelope, fixed before the owner of the deal is asked: whoever goes on after a crash
-- uses the same one.
CREATE TABLE envelope_slots (
  tenant_id    text NOT NULL,
  deal_id      uuid NOT NULL,
  envelope_id  uuid NOT NULL,
  replaces     uuid,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, deal_id)
);

CREATE TABLE envelopes (
  id                    uuid PRIMARY KEY,
  tenant_id             text NOT NULL,
  deal_id               uuid NOT NULL,
  merchant_id           uuid NOT NULL,
  recipient_email       text NOT NULL,
  recipient_name        text NOT NULL,
  force                 boolean NOT NULL,
  terms                 jsonb NOT NULL,
  terms_hash            text NOT NULL,
  deal_version          integer NOT NULL,
  provider              text NOT NULL,
  provider_envelope_id  text,
  state                 envelope_state NOT NULL,
  command_ref           text,
  agreement_key         text,
  agreement_checksum    text,
  agreement_bytes       integer,
  signed_key            text,
  signed_checksum       text,
  signed_bytes          integer,
  void_reason           text,
  created_at            timestamptz(3) NOT NULL,
  sent_at               timestamptz(3),
  viewed_at             timestamptz(3),
  signed_at             timestamptz(3),
  declined_at           timestamptz(3),
  voided_at             timestamptz(3),
  -- When the service itself has to do something about it: settle, void, fetch the signed document.
  due_at                timestamptz(3),
  step_attempts         integer NOT NULL DEFAULT 0,
  -- Who is talking to the provider about it right now, and until when that is believed.
  claimed_by            uuid,
  claimed_until         timestamptz(3)
);
CREATE UNIQUE INDEX envelopes_command_ref ON envelopes (command_ref);
CREATE UNIQUE INDEX envelopes_provider_envelope_id ON envelopes (provider, provider_envelope_id);
CREATE UNIQUE INDEX envelopes_one_outstanding ON envelopes (tenant_id, deal_id)
  WHERE state IN ('intent', 'sending', 'sent', 'viewed', 'unknown');
CREATE INDEX envelopes_deal ON envelopes (deal_id, created_at DESC);
CREATE INDEX envelopes_due ON envelopes (due_at) WHERE due_at IS NOT NULL;

-- What providers told us, each once. `target` is the envelope it is about, or what it named when we know no such envelope.
CREATE TABLE webhook_events (
  tenant_id    text NOT NULL,
  provider     text NOT NULL,
  target       text NOT NULL,
  event_id     text NOT NULL,
  deal_id      uuid,
  facts        jsonb NOT NULL,
  matched      boolean NOT NULL,
  received_at  timestamptz(3) NOT NULL,
  settled_at   timestamptz(3),
  -- Set while the provider is still to be asked what became of the envelope.
  due_at       timestamptz(3),
  attempts     integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, provider, target, event_id)
);
CREATE INDEX webhook_events_due ON webhook_events (due_at) WHERE due_at IS NOT NULL;

-- The mock provider's own books. It is another company: it removes no duplicates and knows nothing of the tables above.
CREATE TABLE mock_envelopes (
  id               uuid PRIMARY KEY,
  tenant_id        text NOT NULL,
  deal_id          uuid NOT NULL,
  reference        text NOT NULL,
  recipient_email  text NOT NULL,
  recipient_name   text NOT NULL,
  subject          text NOT NULL,
  document         bytea NOT NULL,
  status           text NOT NULL CHECK (status IN ('sent', 'delivered', 'completed', 'declined', 'voided')),
  void_reason      text,
  created_at       timestamptz(3) NOT NULL DEFAULT now(),
  changed_at       timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX mock_envelopes_reference ON mock_envelopes (reference, created_at DESC);

-- Calls the mock provider owes its customer's webhook.
CREATE TABLE mock_callbacks (
  id            uuid PRIMARY KEY,
  envelope_id   uuid NOT NULL REFERENCES mock_envelopes (id),
  event         text NOT NULL,
  body          text NOT NULL,
  attempts      integer NOT NULL DEFAULT 0,
  due_at        timestamptz(3),
  last_answer   text,
  created_at    timestamptz(3) NOT NULL DEFAULT now(),
  delivered_at  timestamptz(3)
);
CREATE INDEX mock_callbacks_due ON mock_callbacks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mock_callbacks_envelope ON mock_callbacks (envelope_id);
