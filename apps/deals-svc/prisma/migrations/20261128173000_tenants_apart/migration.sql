-- Tenants apart. `guard_tenants` is for migrations: it shows a table's rows to their tenant alone, the one that a transaction
-- names in app.tenant_id. The owner sees all, for migrations and for functions that look up a tenant. With `worker` so does
-- the role of that name; who that is, is settled after the migrations (access.ts).
CREATE OR REPLACE FUNCTION guard_tenants(guarded regclass, worker boolean DEFAULT false, tenant_column name DEFAULT 'tenant_id')
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', guarded);
  EXECUTE format('CREATE POLICY tenant ON %s USING (%I = current_setting(''app.tenant_id'', true))', guarded, tenant_column);
  EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true)', guarded);
  IF worker THEN
    EXECUTE format('CREATE POLICY worker ON %s TO CURRENT_USER USING (true)', guarded);
  END IF;
END
$$;
REVOKE ALL ON FUNCTION guard_tenants FROM PUBLIC;

-- A letter is its tenant's, too: it is written in that tenant's transaction. Those that are there are nobody's until replayed.
ALTER TABLE dead_letter ADD COLUMN IF NOT EXISTS tenant_id text;
ALTER TABLE dead_letter ALTER COLUMN tenant_id SET DEFAULT current_setting('app.tenant_id', true);

SELECT guard_tenants('outbox', worker => true);
SELECT guard_tenants('outbox_clock');
SELECT guard_tenants('inbox', worker => true);
SELECT guard_tenants('inbox_cursor');
SELECT guard_tenants('dead_letter', worker => true);
SELECT guard_tenants('idempotency', worker => true);
