-- Several relays share one outbox: who holds a row's lease, and which rows are held now.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS leased_by uuid;
CREATE INDEX IF NOT EXISTS outbox_leased ON outbox (leased_until) WHERE published_at IS NULL AND leased_until IS NOT NULL;

-- How often a person had the row published again: the bus would take it for the message it has had already.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS republished integer NOT NULL DEFAULT 0;

-- What a person has not seen to is counted often and is little; what was seen to stays for a while.
CREATE INDEX IF NOT EXISTS dead_letter_open ON dead_letter (created_at, id) WHERE replayed_at IS NULL AND discarded_at IS NULL;
