SELECT guard_tenants('merchants');
SELECT guard_tenants('deals');
SELECT guard_tenants('offers');
SELECT guard_tenants('background_checks');
SELECT guard_tenants('signature_reservations');
SELECT guard_tenants('events');
SELECT guard_tenants('alerts');

-- lower() might tell what it was shown, so under row-level security its index would not be used: the tenant is inside.
CREATE FUNCTION deals_with_owner_like(email text, phone text, ssn_last4 text) RETURNS SETOF public.deals
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM public.deals
   WHERE tenant_id = current_setting('app.tenant_id', true)
     AND (lower(owner_email) = lower(email) OR owner_phone = phone OR owner_ssn_last4 = ssn_last4)
$$;
REVOKE ALL ON FUNCTION deals_with_owner_like FROM PUBLIC;
