SELECT guard_tenants('tenants', tenant_column => 'id');
SELECT guard_tenants('users');
SELECT guard_tenants('sessions');
SELECT guard_tenants('api_keys');
SELECT guard_tenants('second_factors');
SELECT guard_tenants('recovery_codes');
SELECT guard_tenants('audit_heads', worker => true);
-- Rows of the audit log are added and read, and nothing else.
SELECT guard_tenants('audit_log', worker => true);
DROP POLICY tenant ON audit_log;
CREATE POLICY tenant ON audit_log FOR SELECT USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY tenant_adds ON audit_log FOR INSERT WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
SELECT guard_tenants('used_refresh_tokens', worker => true);
SELECT guard_tenants('credential_changes', worker => true);
SELECT guard_tenants('password_resets', worker => true);

-- Who logs in, refreshes or shows a key names no tenant. Each of these finds the one row that was named, or none.
CREATE FUNCTION user_by_email(wanted text) RETURNS SETOF public.users
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT * FROM public.users WHERE email = wanted $$;

CREATE FUNCTION session_by_id(wanted uuid) RETURNS SETOF public.sessions
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT * FROM public.sessions WHERE id = wanted $$;

CREATE FUNCTION api_key_by_hash(wanted text) RETURNS SETOF public.api_keys
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT * FROM public.api_keys WHERE key_hash = wanted $$;

CREATE FUNCTION reset_by_token(wanted text) RETURNS SETOF public.password_resets
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT * FROM public.password_resets WHERE token_hash = wanted $$;

-- Gateways follow the credentials of every tenant; they are told ids and nothing else.
CREATE FUNCTION credentials_changed_since(since xid8, most integer) RETURNS TABLE (id bigint, credential_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT id, credential_id FROM public.credential_changes WHERE xid >= since ORDER BY id LIMIT most $$;

REVOKE ALL ON FUNCTION user_by_email, session_by_id, api_key_by_hash, reset_by_token, credentials_changed_since FROM PUBLIC;
