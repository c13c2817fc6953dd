CREATE TYPE "direction" AS ENUM ('outbound', 'inbound');
CREATE TYPE "category" AS ENUM ('transactional', 'marketing');
CREATE TYPE "message_status" AS ENUM ('intent', 'sent', 'delivered', 'failed', 'unknown', 'received');

CREATE TABLE "messages" (
  "id" UUID NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "deal_id" UUID,
  "merchant_id" UUID,
  "direction" "direction" NOT NULL,
  "category" "category" NOT NULL,
  "number" TEXT NOT NULL,
  "sender" TEXT,
  "body" TEXT NOT NULL,
  "segments" INTEGER NOT NULL,
  "encoding" TEXT NOT NULL,
  "status" "message_status" NOT NULL,
  "purpose" TEXT NOT NULL DEFAULT 'api',
  "provider" TEXT NOT NULL,
  "provider_message_id" TEXT,
  "command_ref" TEXT,
  "error" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "sent_at" TIMESTAMPTZ(3),
  "delivered_at" TIMESTAMPTZ(3),
  CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "messages_command_ref_key" ON "messages"("command_ref");
CREATE UNIQUE INDEX "messages_provider_direction_provider_message_id_key" ON "messages"("provider", "direction", "provider_message_id");
CREATE INDEX "messages_tenant_id_created_at_idx" ON "messages"("tenant_id", "created_at");
CREATE INDEX "messages_number_created_at_idx" ON "messages"("number", "created_at");
-- What the finishing worker looks for.
CREATE INDEX "messages_unfinished" ON "messages"("created_at") WHERE "status" = 'intent';

CREATE TABLE "consents" (
  "tenant_id" TEXT NOT NULL,
  "number" TEXT NOT NULL,
  "category" "category" NOT NULL,
  "granted" BOOLEAN NOT NULL,
  "source" TEXT NOT NULL,
  "granted_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3),
  CONSTRAINT "consents_pkey" PRIMARY KEY ("tenant_id", "number", "category")
);
CREATE INDEX "consents_number_idx" ON "consents"("number");

CREATE TABLE "number_blocks" (
  "number" TEXT NOT NULL,
  "sender" TEXT NOT NULL,
  "keyword" TEXT NOT NULL,
  "blocked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "number_blocks_pkey" PRIMARY KEY ("number", "sender")
);

CREATE TABLE "block_lifts" (
  "number" TEXT NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "lifted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "block_lifts_pkey" PRIMARY KEY ("number", "tenant_id")
);

CREATE TABLE "mock_messages" (
  "id" UUID NOT NULL,
  "reference" TEXT NOT NULL,
  "sender" TEXT,
  "number" TEXT NOT NULL,
  "body" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "mock_messages_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "mock_messages_reference_idx" ON "mock_messages"("reference");
