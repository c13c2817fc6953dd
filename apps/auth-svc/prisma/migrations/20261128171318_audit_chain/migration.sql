-- The audit log becomes a chain: rows that vouch for those before them, and a head that says where it ends.
ALTER TABLE "audit_log" RENAME TO "audit_log_before";
ALTER TABLE "audit_log_before" DROP CONSTRAINT "audit_log_pkey";

-- What was written before goes the way of everything else, and is chained when it arrives.
INSERT INTO "outbox" ("id", "tenant_id", "subject", "sequence", "type", "envelope")
SELECT "id", "tenant_id", "id"::text, 1, 'audit.recorded', jsonb_build_object(
  'specversion', '1.0', 'id', "id", 'source', 'auth-svc', 'type', 'audit.recorded', 'subject', "id"::text,
  'datacontenttype', 'application/json', 'dataversion', 1, 'tenantid', "tenant_id", 'sequence', 1,
  'time', to_char("created_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'data', jsonb_build_object(
    'request_id', left("request_id", 200),
    'actor', jsonb_build_object(
      'kind', CASE WHEN "actor" ~ '^[0-9a-f-]{36}$' THEN 'user' WHEN "actor" = 'unknown' THEN 'anonymous' ELSE 'house' END,
      'id', left("actor", 200), 'role', NULL, 'address', left("address", 100), 'user_agent', NULL),
    'entries', jsonb_build_array(jsonb_build_object(
      'action', "action", 'entity_type', "entity_type", 'entity_id', left("entity_id", 200),
      'before', "data"->'before',
      'after', CASE WHEN "data" ? 'after' THEN "data"->'after' WHEN "data" = '{}' THEN 'null' ELSE "data" END))))
FROM "audit_log_before";
DROP TABLE "audit_log_before";

CREATE TABLE "audit_log" (
    "tenant_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "service" TEXT NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "actor_role" TEXT,
    "address" TEXT,
    "user_agent" TEXT,
    "request_id" TEXT,
    "action" TEXT NOT NULL,
    "entity_type" TEXT NOT NULL,
    "entity_id" TEXT NOT NULL,
    "before" JSON,
    "after" JSON,
    "previous_hmac" TEXT NOT NULL,
    "hmac" TEXT NOT NULL,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("tenant_id", "seq")
);
CREATE UNIQUE INDEX "audit_log_tenant_id_id_key" ON "audit_log"("tenant_id", "id");
CREATE INDEX "audit_log_tenant_id_at_id_idx" ON "audit_log"("tenant_id", "at" DESC, "id" DESC);
CREATE INDEX "audit_log_tenant_id_entity_id_at_idx" ON "audit_log"("tenant_id", "entity_id", "at" DESC);
CREATE INDEX "audit_log_tenant_id_actor_id_at_idx" ON "audit_log"("tenant_id", "actor_id", "at" DESC);
CREATE INDEX "audit_log_tenant_id_action_at_idx" ON "audit_log"("tenant_id", "action", "at" DESC);
CREATE INDEX "audit_log_tenant_id_request_id_idx" ON "audit_log"("tenant_id", "request_id");

CREATE TABLE "audit_heads" (
    "tenant_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hmac" TEXT NOT NULL,
    "seal" TEXT NOT NULL,
    "anchored_seq" BIGINT NOT NULL DEFAULT 0,
    "anchored_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_heads_pkey" PRIMARY KEY ("tenant_id")
);

-- Whatever a role may do elsewhere: these rows are only ever added.
CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of the audit log are only ever added' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays();
