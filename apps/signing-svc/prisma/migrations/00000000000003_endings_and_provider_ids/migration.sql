-- How often the deal has ended: a send that was promised the envelope before the deal ended has to ask again.
ALTER TABLE envelope_slots ADD COLUMN endings integer NOT NULL DEFAULT 0;

-- The provider's id first: an envelope is also looked up by it alone.
DROP INDEX envelopes_provider_envelope_id;
CREATE UNIQUE INDEX envelopes_provider_envelope_id ON envelopes (provider_envelope_id, provider);
