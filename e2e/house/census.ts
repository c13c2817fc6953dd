import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BookName, type Books, bookNames } from './books.ts';

export type CensusOf = { dataDir: string; tenantId: string; ein: string };

/** How many there are of everything that a deal leaves, in our own databases and in the mock providers' ledgers. */
export type Census = Readonly<Record<string, number>>;

/** What one undisturbed flow with one text leaves, and a flow that was disturbed as well. */
export const oneOfEverything: Census = {
  merchants: 1,
  deals: 1,
  'signed deals': 1,
  offers: 3,
  'current offers': 3,
  'accepted offers': 1,
  'background checks': 1,
  'signature reservations': 1,
  alerts: 0,
  'alerts about no deal': 0,
  'statement sets': 1,
  documents: 3,
  statements: 3,
  'stored files': 3,
  envelopes: 1,
  'signed envelopes': 1,
  'stored agreements': 2,
  "envelopes in the provider's ledger": 1,
  "calls in the provider's ledger": 1,
  'webhook events': 1,
  texts: 1,
  "texts in the provider's ledger": 1,
  'texts that only the provider knows': 0,
  'deal.started in the timeline': 1,
  'intake.answered in the timeline': 1,
  'document.uploaded in the timeline': 1,
  'statement.analyzed in the timeline': 1,
  'offer.generated in the timeline': 1,
  'offer.accepted in the timeline': 1,
  'background.result in the timeline': 1,
  'sign.sent in the timeline': 1,
  'sign.signed in the timeline': 1,
  'sms.sent in the timeline': 1,
  'deal.status_changed in the timeline': 3,
  'dead letters': 0,
};

type Count = readonly [name: string, book: BookName, sql: string];

const ofDeal = 'tenant_id = $1 AND deal_id = ANY($2::uuid[])';
const counts: readonly Count[] = [
  [
    'signed deals',
    'deals',
    `SELECT count(*) FROM deals WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND status = 'signed'`,
  ],
  ['offers', 'deals', `SELECT count(*) FROM offers WHERE ${ofDeal}`],
  ['current offers', 'deals', `SELECT count(*) FROM offers WHERE ${ofDeal} AND superseded_at IS NULL`],
  [
    'accepted offers',
    'deals',
    `SELECT count(*) FROM offers o JOIN deals d ON d.tenant_id = o.tenant_id AND d.id = o.deal_id AND d.accepted_offer_id = o.id
     WHERE o.tenant_id = $1 AND o.deal_id = ANY($2::uuid[])`,
  ],
  ['background checks', 'deals', `SELECT count(*) FROM background_checks WHERE ${ofDeal}`],
  ['signature reservations', 'deals', `SELECT count(*) FROM signature_reservations WHERE ${ofDeal}`],
  ['alerts', 'deals', `SELECT count(*) FROM alerts WHERE ${ofDeal}`],
  ['statement sets', 'documents', `SELECT count(*) FROM statement_sets WHERE ${ofDeal}`],
  ['documents', 'documents', `SELECT count(*) FROM documents WHERE ${ofDeal}`],
  [
    'statements',
    'documents',
    `SELECT count(*) FROM statements s JOIN documents d ON d.tenant_id = s.tenant_id AND d.id = s.document_id
     WHERE d.tenant_id = $1 AND d.deal_id = ANY($2::uuid[])`,
  ],
  ['envelopes', 'signing', `SELECT count(*) FROM envelopes WHERE ${ofDeal}`],
  ['signed envelopes', 'signing', `SELECT count(*) FROM envelopes WHERE ${ofDeal} AND state = 'signed'`],
  ["envelopes in the provider's ledger", 'signing', `SELECT count(*) FROM mock_envelopes WHERE ${ofDeal}`],
  [
    "calls in the provider's ledger",
    'signing',
    `SELECT count(*) FROM mock_callbacks c JOIN mock_envelopes e ON e.id = c.envelope_id
     WHERE e.tenant_id = $1 AND e.deal_id = ANY($2::uuid[])`,
  ],
  ['webhook events', 'signing', `SELECT count(*) FROM webhook_events WHERE ${ofDeal}`],
  ['texts', 'sms', `SELECT count(*) FROM messages WHERE ${ofDeal}`],
  [
    "texts in the provider's ledger",
    'sms',
    `SELECT count(*) FROM mock_messages l JOIN messages m ON m.id::text = l.reference
     WHERE m.tenant_id = $1 AND m.deal_id = ANY($2::uuid[])`,
  ],
];

const countsOfHouse: readonly Count[] = [
  ['alerts about no deal', 'deals', 'SELECT count(*) FROM alerts WHERE deal_id IS NULL'],
  [
    'texts that only the provider knows',
    'sms',
    'SELECT count(*) FROM mock_messages l WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id::text = l.reference)',
  ],
];

/** Counts what there is of the merchant with this EIN. What belongs to no deal is counted in all the house. */
export async function takeCensus(books: Books, of: CensusOf): Promise<Census> {
  const { tenantId, ein } = of;
  const merchants = await books.query<{ id: string }>(
    'deals',
    'SELECT id FROM merchants WHERE tenant_id = $1 AND ein = $2',
    [tenantId, ein],
  );
  const deals = await books.query<{ id: string }>(
    'deals',
    'SELECT id FROM deals WHERE tenant_id = $1 AND merchant_id = ANY($2::uuid[])',
    [tenantId, merchants.map(({ id }) => id)],
  );
  const dealIds = deals.map(({ id }) => id);
  const census: Record<string, number> = { merchants: merchants.length, deals: deals.length };
  for (const [name, book, sql] of counts) census[name] = await count(books, book, sql, [tenantId, dealIds]);
  for (const [name, book, sql] of countsOfHouse) census[name] = await count(books, book, sql);
  census['stored files'] = await storedFiles('uploads', of, dealIds);
  census['stored agreements'] = await storedFiles('agreements', of, dealIds);
  const told = await books.query<{ type: string; count: string }>(
    'deals',
    `SELECT type, count(*) FROM events WHERE ${ofDeal} GROUP BY type`,
    [tenantId, dealIds],
  );
  for (const { type, count: times } of told) census[`${type} in the timeline`] = Number(times);
  census['dead letters'] = 0;
  for (const book of bookNames) census['dead letters'] += await count(books, book, 'SELECT count(*) FROM dead_letter');
  return census;
}

/** Each way in which the census is not what it should be, in a sentence. */
export function censusFaults(census: Census, expected: Census = oneOfEverything): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(census)]);
  return [...names]
    .filter((name) => (census[name] ?? 0) !== (expected[name] ?? 0))
    .map((name) => `${name}: ${census[name] ?? 0}, not ${expected[name] ?? 0}`);
}

async function count(books: Books, book: BookName, sql: string, values: unknown[] = []): Promise<number> {
  const rows = await books.query<{ count: string }>(book, sql, values);
  return Number(rows[0]?.count);
}

async function storedFiles(
  folder: string,
  { dataDir, tenantId }: CensusOf,
  dealIds: readonly string[],
): Promise<number> {
  let files = 0;
  for (const dealId of dealIds) {
    files += (await readdir(join(dataDir, folder, tenantId, dealId)).catch(() => [])).length;
  }
  return files;
}
