-- The alerts of one deal, newest first.
CREATE INDEX alerts_of_deal ON alerts (tenant_id, deal_id, created_at DESC, id DESC) WHERE deal_id IS NOT NULL;
