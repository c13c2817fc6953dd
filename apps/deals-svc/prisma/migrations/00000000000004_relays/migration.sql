-- Several relays share one outbox: who holds a row's lease, and which events of a subject have not left yet.
ALTER TABLE outbox ADD COLUMN leased_by uuid;
CREATE INDEX outbox_waiting ON outbox (tenant_id, subject, sequence) WHERE published_at IS NULL;

-- What a person has not seen to is counted often and is little; what was seen to stays for a while.
CREATE INDEX dead_letter_open ON dead_letter (created_at, id) WHERE replayed_at IS NULL AND discarded_at IS NULL;
