import type { Books } from '../house/books.ts';

/**
 * Rows for all but the first of a tenant's `deals`, which has gone all its way to the accepted `offer`. They are the same in
 * every tenant but for their ids and the tenant's name.
 */
export async function fillTenant(
  books: Books,
  { tenantId, deals, offer }: { tenantId: string; deals: number; offer: unknown },
): Promise<void> {
  const made = await books.query<{ deal: string; merchant: string }>(
    'deals',
    `WITH one AS (
       SELECT n, gen_random_uuid() AS merchant, gen_random_uuid() AS deal FROM generate_series(2, ${deals}) AS n
     ), merchant AS (
       INSERT INTO merchants (id, tenant_id, legal_name, normalised_name, ein, state, created_at, updated_at)
       SELECT merchant, $1, $1 || ' bakery ' || n, $1 || ' bakery ' || n, '12-0000042', 'NY', now(), now() FROM one
     ), deal AS (
       INSERT INTO deals (id, tenant_id, merchant_id, owner_name, owner_email, created_at, updated_at)
       SELECT deal, $1, merchant, 'Jane Doe', $1 || '@example.com', now(), now() FROM one
     ), alert AS (
       INSERT INTO alerts (id, tenant_id, severity, code, message, deal_id, merchant_id, created_at)
       SELECT gen_random_uuid(), $1, 'info', 'note', 'of ' || $1, deal, merchant, now() FROM one
     ), event AS (
       INSERT INTO events (id, tenant_id, merchant_id, deal_id, type, time, data)
       SELECT gen_random_uuid(), $1, merchant, deal, 'deal.updated', now(), '{}' FROM one
     ) SELECT deal, merchant FROM one`,
    [tenantId],
  );
  const of = [tenantId, made.map(({ deal }) => deal), made.map(({ merchant }) => merchant)];
  const one = 'unnest($2::uuid[], $3::uuid[]) AS one (deal, merchant)';
  await books.query(
    'documents',
    `WITH made AS (
       INSERT INTO statement_sets (id, tenant_id, deal_id, merchant_id, legal_name, status, analysis, current, created_at, read_at)
       SELECT gen_random_uuid(), $1, deal, merchant, $1 || ' bakery', 'done',
         (SELECT analysis FROM statement_sets WHERE tenant_id = $1 LIMIT 1), true, now(), now() FROM ${one}
       RETURNING id, deal_id
     ) INSERT INTO documents
         (id, tenant_id, set_id, deal_id, position, bucket, storage_key, checksum, filename, size_bytes, pages, scan_status, created_at)
       SELECT gen_random_uuid(), $1, made.id, made.deal_id, 0, bucket, storage_key, checksum, $1 || '.pdf', size_bytes, pages,
         scan_status, now()
       FROM made, (SELECT * FROM documents WHERE tenant_id = $1 LIMIT 1) AS real`,
    of,
  );
  const merchant = { legal_name: `${tenantId} bakery`, dba: null, entity_type: null, state: 'NY', ein: null };
  const terms = { offer, merchant, owner_name: 'Jane Doe', accepted_at: new Date().toISOString() };
  await books.query(
    'signing',
    `INSERT INTO envelopes (id, tenant_id, deal_id, merchant_id, recipient_email, recipient_name, force, terms, terms_hash,
       deal_version, provider, state, created_at, agreement_key, agreement_checksum, agreement_bytes)
     SELECT gen_random_uuid(), $1, one.deal, one.merchant, $1 || '@example.com', $1, false, $4, terms_hash, 1, provider,
       'sent', now(), agreement_key, agreement_checksum, agreement_bytes
     FROM ${one}, (SELECT * FROM envelopes WHERE tenant_id = $1 LIMIT 1) AS real`,
    [...of, JSON.stringify(terms)],
  );
  await books.query(
    'sms',
    `INSERT INTO messages (id, tenant_id, deal_id, merchant_id, direction, category, number, body, segments, encoding, status, provider)
     SELECT gen_random_uuid(), $1, one.deal, one.merchant, 'outbound', 'transactional', number, 'of ' || $1, 1, encoding, 'delivered',
       provider FROM ${one}, (SELECT number, encoding, provider FROM messages WHERE tenant_id = $1 LIMIT 1) AS real`,
    of,
  );
  await books.query(
    'auth',
    `WITH one AS (
       INSERT INTO users (id, tenant_id, email, name, role)
       SELECT gen_random_uuid(), $1, n || '@' || $1 || '.example', $1 || ' ' || n, 'analyst' FROM generate_series(1, 200) AS n
       RETURNING id
     ), key AS (
       INSERT INTO api_keys (id, tenant_id, name, role, prefix, key_hash)
       SELECT gen_random_uuid(), $1, $1, 'analyst', 'uw_', gen_random_uuid()::text FROM one
     ) INSERT INTO sessions (id, tenant_id, user_id, refresh_hash, expires_at)
       SELECT gen_random_uuid(), $1, id, gen_random_uuid()::text, now() + interval '1 day' FROM one`,
    [tenantId],
  );
}
