CREATE TYPE "reading_status" AS ENUM ('pending', 'done');
CREATE TYPE "scan_status" AS ENUM ('clean', 'not_scanned');
CREATE TYPE "object_state" AS ENUM ('wanted', 'sweeping');

CREATE TABLE "statement_sets" (
  "id" UUID NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "deal_id" UUID NOT NULL,
  "merchant_id" UUID NOT NULL,
  "legal_name" TEXT NOT NULL,
  "status" "reading_status" NOT NULL,
  "analysis" JSONB NOT NULL,
  "current" BOOLEAN NOT NULL,
  "command_ref" TEXT,
  "leased_until" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "read_at" TIMESTAMPTZ(3),
  CONSTRAINT "statement_sets_pkey" PRIMARY KEY ("tenant_id", "id")
);
CREATE UNIQUE INDEX "statement_sets_tenant_id_command_ref_key" ON "statement_sets"("tenant_id", "command_ref");
CREATE INDEX "statement_sets_tenant_id_deal_id_created_at_idx" ON "statement_sets"("tenant_id", "deal_id", "created_at");
-- A deal has one current set.
CREATE UNIQUE INDEX "statement_sets_one_current_per_deal" ON "statement_sets"("tenant_id", "deal_id") WHERE "current";
-- What is still to be read, oldest first.
CREATE INDEX "statement_sets_pending" ON "statement_sets"("created_at") WHERE "status" = 'pending' AND "current";

CREATE TABLE "documents" (
  "id" UUID NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "set_id" UUID NOT NULL,
  "deal_id" UUID NOT NULL,
  "position" INTEGER NOT NULL,
  "bucket" TEXT NOT NULL,
  "storage_key" TEXT NOT NULL,
  "checksum" TEXT NOT NULL,
  "filename" TEXT NOT NULL,
  "size_bytes" INTEGER NOT NULL,
  "pages" INTEGER,
  "scan_status" "scan_status" NOT NULL,
  "scan_engine" TEXT,
  "scanned_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "documents_pkey" PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "documents_checksum_is_sha256" CHECK ("checksum" ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "documents_tenant_id_set_id_fkey" FOREIGN KEY ("tenant_id", "set_id") REFERENCES "statement_sets"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT
);
CREATE UNIQUE INDEX "documents_tenant_id_set_id_position_key" ON "documents"("tenant_id", "set_id", "position");
CREATE INDEX "documents_tenant_id_storage_key_idx" ON "documents"("tenant_id", "storage_key");

CREATE TABLE "statements" (
  "document_id" UUID NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "bank" TEXT,
  "account_last4" TEXT,
  "holder" TEXT,
  "period_start" DATE,
  "period_end" DATE,
  "beginning_balance_cents" BIGINT,
  "ending_balance_cents" BIGINT,
  "deposits_cents" BIGINT,
  "withdrawals_cents" BIGINT,
  "transaction_count" INTEGER,
  "reconciled" BOOLEAN NOT NULL,
  "confidence" DOUBLE PRECISION NOT NULL,
  "flags" JSONB NOT NULL,
  "transactions" JSONB NOT NULL,
  CONSTRAINT "statements_pkey" PRIMARY KEY ("tenant_id", "document_id"),
  CONSTRAINT "statements_tenant_id_document_id_fkey" FOREIGN KEY ("tenant_id", "document_id") REFERENCES "documents"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT
);

CREATE TABLE "stored_objects" (
  "tenant_id" TEXT NOT NULL,
  "storage_key" TEXT NOT NULL,
  "state" "object_state" NOT NULL,
  "touched_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "stored_objects_pkey" PRIMARY KEY ("tenant_id", "storage_key")
);
