SELECT guard_tenants('envelope_slots');
SELECT guard_tenants('envelopes', worker => true);
SELECT guard_tenants('webhook_events', worker => true);
-- Another company's books: it serves all tenants.
SELECT guard_tenants('mock_envelopes', worker => true);

-- A webhook names no tenant. Each of these gives ids and nothing else.
CREATE FUNCTION envelope_at_provider(providers text[], their_id text, our_id uuid) RETURNS TABLE (tenant_id text, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.tenant_id, e.id FROM public.envelopes e WHERE e.provider = ANY(providers) AND e.provider_envelope_id = their_id
  UNION ALL
  SELECT e.tenant_id, e.id FROM public.envelopes e WHERE e.provider = ANY(providers) AND e.id = our_id
  LIMIT 1
$$;

-- Of each tenant that has sent such a deal: the outstanding envelope, else the newest.
CREATE FUNCTION envelopes_of_deal(deal uuid) RETURNS TABLE (tenant_id text, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT DISTINCT ON (e.tenant_id) e.tenant_id, e.id FROM public.envelopes e
   WHERE e.deal_id = deal AND e.state NOT IN ('intent', 'failed')
   ORDER BY e.tenant_id, e.state IN ('sending', 'sent', 'viewed', 'unknown') DESC, e.created_at DESC
$$;
REVOKE ALL ON FUNCTION envelope_at_provider, envelopes_of_deal FROM PUBLIC;
