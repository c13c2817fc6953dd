-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "last_used_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "address" TEXT,
ADD COLUMN     "user_agent" TEXT;

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "must_change_password" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "used_refresh_tokens" (
    "token_hash" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "session_id" UUID NOT NULL,
    "used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "used_refresh_tokens_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "credential_changes" (
    "id" BIGSERIAL NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "credential_id" UUID NOT NULL,
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credential_changes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "used_refresh_tokens_used_at_idx" ON "used_refresh_tokens"("used_at");

-- CreateIndex
CREATE INDEX "credential_changes_xid_idx" ON "credential_changes"("xid");

-- CreateIndex
CREATE INDEX "credential_changes_created_at_idx" ON "credential_changes"("created_at");
-- Whatever statement changes who may come in, also one of the release before this, or of a person at the database.
CREATE FUNCTION note_credential_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO credential_changes (tenant_id, credential_id) VALUES (OLD.tenant_id, OLD.id);
  RETURN NULL;
END
$$;
CREATE TRIGGER users_credential_change AFTER UPDATE OF role, disabled_at, must_change_password OR DELETE ON users
  FOR EACH ROW EXECUTE FUNCTION note_credential_change();
CREATE TRIGGER sessions_credential_change AFTER UPDATE OF ended_at, expires_at OR DELETE ON sessions
  FOR EACH ROW EXECUTE FUNCTION note_credential_change();
CREATE TRIGGER api_keys_credential_change AFTER UPDATE OF role, revoked_at, expires_at OR DELETE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION note_credential_change();
