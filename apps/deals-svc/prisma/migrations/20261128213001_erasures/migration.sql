-- AlterTable
ALTER TABLE "deals" ADD COLUMN     "erased_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "merchants" ADD COLUMN     "erased_at" TIMESTAMPTZ(3);

-- The merchants' owner knows of each erasure by whom and why, and who has answered: `{"sms-svc": {"ask": 1, "at": …}}`.
ALTER TABLE erased_merchant
  ADD COLUMN erased_by text NOT NULL DEFAULT '',
  ADD COLUMN reason text NOT NULL DEFAULT '',
  ADD COLUMN answers jsonb NOT NULL DEFAULT '{}';
