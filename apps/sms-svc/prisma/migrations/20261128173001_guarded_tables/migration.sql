SELECT guard_tenants('messages', worker => true);
SELECT guard_tenants('consents');
SELECT guard_tenants('block_lifts');

-- A text, or a report on one, names no tenant. These say whose it is.
CREATE FUNCTION text_by_provider_id(at_provider text, wanted text) RETURNS TABLE (tenant_id text, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.tenant_id, m.id FROM public.messages m
   WHERE m.direction = 'outbound' AND m.provider = at_provider AND m.provider_message_id = wanted
$$;

CREATE FUNCTION text_by_id(wanted uuid) RETURNS TABLE (tenant_id text, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT m.tenant_id, m.id FROM public.messages m WHERE m.direction = 'outbound' AND m.id = wanted $$;

CREATE FUNCTION inbound_text_is_known(at_provider text, wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.messages m
   WHERE m.direction = 'inbound' AND m.provider = at_provider AND m.provider_message_id = wanted)
$$;

CREATE FUNCTION conversation_of(with_number text, from_sender text) RETURNS TABLE (tenant_id text, deal_id uuid, merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.tenant_id, m.deal_id, m.merchant_id FROM public.messages m
   WHERE m.number = with_number AND m.direction = 'outbound'
     AND (from_sender IS NULL OR m.sender IS NULL OR m.sender = from_sender)
   ORDER BY m.created_at DESC LIMIT 1
$$;

CREATE FUNCTION tenants_with_consent_of(wanted text) RETURNS TABLE (tenant_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT DISTINCT c.tenant_id FROM public.consents c WHERE c.number = wanted $$;

-- STOP holds for every tenant, also for those that had a START since. Says how many had.
CREATE FUNCTION forget_block_lifts(of_number text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH forgotten AS (DELETE FROM public.block_lifts l WHERE l.number = of_number RETURNING 1) SELECT count(*)::int FROM forgotten
$$;
REVOKE ALL ON FUNCTION text_by_provider_id, text_by_id, inbound_text_is_known, conversation_of, tenants_with_consent_of,
  forget_block_lifts FROM PUBLIC;
