-- Whose personal data was erased: what stays of it, and what keeps it from coming back. `asked` counts how often its owner
-- asked, `answered` how far that was done and told here. `numbers` are digests, and go when it is done.
CREATE TABLE erased_merchant (
  tenant_id    text NOT NULL,
  merchant_id  uuid NOT NULL,
  deal_ids     uuid[] NOT NULL,
  numbers      text[] NOT NULL DEFAULT '{}',
  asked        integer NOT NULL,
  answered     integer NOT NULL DEFAULT 0,
  erased_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, merchant_id)
);
CREATE INDEX erased_merchant_due ON erased_merchant (erased_at) WHERE answered < asked;
SELECT guard_tenants('erased_merchant', worker => true);
