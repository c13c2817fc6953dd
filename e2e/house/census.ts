import { type BookName, type Books, bookNames } from './books.ts';

/** How many files are stored for each deal. */
export type CountFiles = (
  kind: 'uploads' | 'agreements',
  of: { tenantId: string; dealIds: readonly string[] },
) => Promise<ReadonlyMap<string, number>>;

export type CensusOf = { tenantId: string; legalName: string; countFiles: CountFiles };

/** How many there are of everything that a deal leaves, in our own databases and in the mock providers' ledgers. */
export type Census = Readonly<Record<string, number>>;

/** What one undisturbed flow with one text leaves, and a flow that was disturbed as well. Of all else there is nothing. */
export const oneOfEverything: Census = {
  merchants: 1,
  deals: 1,
  'signed deals': 1,
  offers: 3,
  'current offers': 3,
  'accepted offers': 1,
  'background checks': 1,
  'signature reservations': 1,
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
};

/** `sql` counts per deal: tenant $1, deals $2. */
type Count = readonly [name: string, book: BookName, sql: string];

const ofDeals = 'tenant_id = $1 AND deal_id = ANY($2::uuid[])';
const perDeal = (table: string, more = '') =>
  `SELECT deal_id, count(*) FROM ${table} WHERE ${ofDeals} ${more} GROUP BY deal_id`;
const counts: readonly Count[] = [
  [
    'signed deals',
    'deals',
    `SELECT id AS deal_id, count(*) FROM deals
     WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND status = 'signed' GROUP BY id`,
  ],
  ['offers', 'deals', perDeal('offers')],
  ['current offers', 'deals', perDeal('offers', 'AND superseded_at IS NULL')],
  [
    'accepted offers',
    'deals',
    `SELECT o.deal_id, count(*) FROM offers o
     JOIN deals d ON d.tenant_id = o.tenant_id AND d.id = o.deal_id AND d.accepted_offer_id = o.id
     WHERE o.tenant_id = $1 AND o.deal_id = ANY($2::uuid[]) GROUP BY o.deal_id`,
  ],
  ['background checks', 'deals', perDeal('background_checks')],
  ['signature reservations', 'deals', perDeal('signature_reservations')],
  ['alerts', 'deals', perDeal('alerts')],
  ['statement sets', 'documents', perDeal('statement_sets')],
  ['documents', 'documents', perDeal('documents')],
  [
    'statements',
    'documents',
    `SELECT d.deal_id, count(*) FROM statements s
     JOIN documents d ON d.tenant_id = s.tenant_id AND d.id = s.document_id
     WHERE d.tenant_id = $1 AND d.deal_id = ANY($2::uuid[]) GROUP BY d.deal_id`,
  ],
  ['envelopes', 'signing', perDeal('envelopes')],
  ['signed envelopes', 'signing', perDeal('envelopes', `AND state = 'signed'`)],
  ["envelopes in the provider's ledger", 'signing', perDeal('mock_envelopes')],
  [
    "calls in the provider's ledger",
    'signing',
    `SELECT e.deal_id, count(*) FROM mock_callbacks c JOIN mock_envelopes e ON e.id = c.envelope_id
     WHERE e.tenant_id = $1 AND e.deal_id = ANY($2::uuid[]) GROUP BY e.deal_id`,
  ],
  ['webhook events', 'signing', perDeal('webhook_events')],
  ['texts', 'sms', perDeal('messages')],
  [
    "texts in the provider's ledger",
    'sms',
    `SELECT m.deal_id, count(*) FROM mock_messages l JOIN messages m ON m.id::text = l.reference
     WHERE m.tenant_id = $1 AND m.deal_id = ANY($2::uuid[]) GROUP BY m.deal_id`,
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

/** Counts what there is of the merchant with this name, and what in all the house belongs to no deal. */
export async function takeCensus(books: Books, { legalName, ...of }: CensusOf): Promise<Census> {
  const censuses = await takeCensuses(books, { ...of, legalNames: [legalName] });
  return { ...censuses.get(legalName), ...(await takeCensusOfHouse(books)) };
}

/** Counts what there is of each of these merchants, with as many queries as for one. */
export async function takeCensuses(
  books: Books,
  { tenantId, legalNames, countFiles }: { tenantId: string; legalNames: readonly string[]; countFiles: CountFiles },
): Promise<ReadonlyMap<string, Census>> {
  const owners = await books.query<{ legalName: string; merchant_id: string; deal_id: string | null }>(
    'deals',
    `SELECT m.legal_name AS "legalName", m.id AS merchant_id, d.id AS deal_id FROM merchants m
     LEFT JOIN deals d ON d.tenant_id = m.tenant_id AND d.merchant_id = m.id
     WHERE m.tenant_id = $1 AND m.legal_name = ANY($2)`,
    [tenantId, legalNames],
  );
  const nameOf = new Map(
    owners.flatMap(({ deal_id: deal, legalName }) => (deal === null ? [] : [[deal, legalName] as const])),
  );
  const dealIds = [...nameOf.keys()];
  const censuses = new Map<string, Record<string, number>>(
    legalNames.map((legalName) => [legalName, { merchants: 0, deals: 0 }]),
  );
  const add = (name: string, legalName: string | undefined, count: number) => {
    const census = censuses.get(legalName ?? '');
    if (census !== undefined) census[name] = (census[name] ?? 0) + count;
  };
  const merchants = new Map(owners.map(({ merchant_id: id, legalName }) => [id, legalName]));
  for (const legalName of merchants.values()) add('merchants', legalName, 1);
  for (const legalName of nameOf.values()) add('deals', legalName, 1);
  for (const [name, book, sql] of counts) {
    const rows = await books.query<{ deal_id: string; count: string }>(book, sql, [tenantId, dealIds]);
    for (const { deal_id: deal, count } of rows) add(name, nameOf.get(deal), Number(count));
  }
  for (const [kind, name] of [
    ['uploads', 'stored files'],
    ['agreements', 'stored agreements'],
  ] as const) {
    for (const [deal, files] of await countFiles(kind, { tenantId, dealIds })) add(name, nameOf.get(deal), files);
  }
  const told = await books.query<{ deal_id: string; type: string; count: string }>(
    'deals',
    // An alert that nobody expects is understood by its code.
    `SELECT deal_id, type || CASE WHEN type LIKE '%.alerted' THEN ' (' || (data->>'code') || ')' ELSE '' END AS type, count(*)
     FROM events WHERE ${ofDeals} GROUP BY 1, 2`,
    [tenantId, dealIds],
  );
  for (const { deal_id: deal, type, count } of told) add(`${type} in the timeline`, nameOf.get(deal), Number(count));
  return censuses;
}

/** Counts what there is in all the house that belongs to no deal. */
export async function takeCensusOfHouse(books: Books): Promise<Census> {
  const census: Record<string, number> = {};
  for (const [name, book, sql] of countsOfHouse) census[name] = await count(books, book, sql);
  let deadLetters = 0;
  for (const book of bookNames) deadLetters += await count(books, book, 'SELECT count(*) FROM dead_letter');
  return { ...census, 'dead letters': deadLetters };
}

/** Each way in which a census is not what it should be, in a sentence. What is not named should not be there. */
export function censusFaults(census: Census, expected: Census = oneOfEverything): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(census)]);
  return [...names]
    .filter((name) => (census[name] ?? 0) !== (expected[name] ?? 0))
    .map((name) => `${name}: ${census[name] ?? 0}, not ${expected[name] ?? 0}`);
}

async function count(books: Books, book: BookName, sql: string): Promise<number> {
  const rows = await books.query<{ count: string }>(book, sql);
  return Number(rows[0]?.count);
}
