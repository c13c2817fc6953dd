-- The EIN and the digits of the owner's SSN are sealed text from now on; what was kept before is plain until it is sealed anew.
-- A sealed value is found by its blind index; a plain one has none and is found as before.
ALTER TABLE merchants ADD COLUMN ein_index text;
CREATE INDEX merchants_ein_index ON merchants (tenant_id, ein_index) WHERE ein_index IS NOT NULL;

ALTER TABLE deals ADD COLUMN owner_ssn_last4_index text;
CREATE INDEX deals_owner_ssn_last4_index ON deals (tenant_id, owner_ssn_last4_index) WHERE owner_ssn_last4_index IS NOT NULL;
ALTER TABLE deals DROP CONSTRAINT deals_owner_ssn_last4_check;
ALTER TABLE deals ADD CONSTRAINT deals_owner_ssn_last4_check CHECK (owner_ssn_last4 ~ '^([0-9]{4}$|v1[.])') NOT VALID;

-- The former one stays for the release before this one.
CREATE FUNCTION deals_with_owner_like(email text, phone text, ssn_last4 text, ssn_last4_indexes text[]) RETURNS SETOF public.deals
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM public.deals
   WHERE tenant_id = current_setting('app.tenant_id', true)
     AND (lower(owner_email) = lower(email) OR owner_phone = phone OR owner_ssn_last4 = ssn_last4
       OR owner_ssn_last4_index = ANY (ssn_last4_indexes))
$$;
REVOKE ALL ON FUNCTION deals_with_owner_like(text, text, text, text[]) FROM PUBLIC;

-- Digits of accounts were named in a flag of the statements.
UPDATE events SET data = regexp_replace(data::text, 'The accounts end in [0-9, ]+', 'The statements are of different accounts', 'g')::jsonb
 WHERE type = 'statement.analyzed' AND data::text LIKE '%The accounts end in %';
