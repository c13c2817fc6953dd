import { type BookName, type Books, bookNames } from './books.ts';

/** The publisher whose facts a database holds. */
export const publisherOf: Readonly<Record<BookName, string>> = {
  auth: 'auth-svc',
  deals: 'deals-svc',
  documents: 'documents-svc',
  signing: 'signing-svc',
  sms: 'sms-svc',
};

type Deal = { tenantId: string; dealId: string };

/** What is still under way about a deal: nothing more will happen to it by itself once this is empty. */
export async function stillUnderWay(books: Books, deal: Deal): Promise<string[]> {
  return [...(await factsUnderWay(books, deal)), ...(await workUnderWay(books, deal))];
}

/** Facts about a deal that somebody has still to publish, or to take in. */
export async function factsUnderWay(books: Books, { tenantId, dealId }: Deal): Promise<string[]> {
  const open: string[] = [];
  for (const book of bookNames) {
    const publisher = publisherOf[book];
    const [facts] = await books.query<{ waiting: string; last: string | null }>(
      book,
      `SELECT count(*) FILTER (WHERE published_at IS NULL) AS waiting,
         (SELECT last_sequence FROM outbox_clock WHERE tenant_id = $1 AND subject = $2) AS last
       FROM outbox WHERE tenant_id = $1 AND subject = $2`,
      [tenantId, dealId],
    );
    if (Number(facts?.waiting) > 0) open.push(`${publisher} has ${facts?.waiting} facts to publish`);
    const last = Number(facts?.last ?? 0);
    for (const reader of bookNames) {
      const [cursor] = await books.query<{ last_sequence: string }>(
        reader,
        'SELECT last_sequence FROM inbox_cursor WHERE tenant_id = $1 AND subject = $2 AND publisher = $3',
        [tenantId, dealId, publisher],
      );
      // deals-svc keeps the timeline of all; the others follow what they need.
      const follows = cursor !== undefined || (reader === 'deals' && book !== 'deals');
      const read = Number(cursor?.last_sequence ?? 0);
      if (follows && read < last)
        open.push(`${publisherOf[reader]} has taken in ${read} of ${last} facts of ${publisher}`);
    }
  }
  return open;
}

/** What a service or the mock provider has still to do about a deal by itself. */
async function workUnderWay(books: Books, { tenantId, dealId }: Deal): Promise<string[]> {
  const works: readonly [what: string, book: BookName, sql: string][] = [
    [
      'the envelope is not finished',
      'signing',
      'SELECT 1 FROM envelopes WHERE tenant_id = $1 AND deal_id = $2::uuid AND due_at IS NOT NULL',
    ],
    [
      'the provider still has to call',
      'signing',
      `SELECT 1 FROM mock_callbacks c JOIN mock_envelopes e ON e.id = c.envelope_id
       WHERE e.tenant_id = $1 AND e.deal_id = $2::uuid AND c.delivered_at IS NULL`,
    ],
    [
      'a text is not finished',
      'sms',
      `SELECT 1 FROM messages WHERE tenant_id = $1 AND deal_id = $2::uuid AND status = 'intent'`,
    ],
  ];
  const open: string[] = [];
  for (const [what, book, sql] of works) {
    if ((await books.query(book, sql, [tenantId, dealId])).length > 0) open.push(what);
  }
  return open;
}

/** Gaps in what each service has announced about a deal: its sequences are 1, 2, 3 … to the last one given out. */
export async function sequenceGaps(books: Books, { tenantId, dealId }: Deal): Promise<string[]> {
  const gaps: string[] = [];
  for (const book of bookNames) {
    const rows = await books.query<{ facts: string; last: string | null; given: string | null }>(
      book,
      `SELECT count(DISTINCT sequence) AS facts, max(sequence) AS last,
         (SELECT last_sequence FROM outbox_clock WHERE tenant_id = $1 AND subject = $2) AS given
       FROM outbox WHERE tenant_id = $1 AND subject = $2`,
      [tenantId, dealId],
    );
    const { facts = '0', last = null, given = null } = rows[0] ?? {};
    if (Number(facts) !== Number(last ?? 0) || Number(last ?? 0) !== Number(given ?? 0)) {
      gaps.push(`${publisherOf[book]} gave out ${given} sequences and has ${facts} facts up to ${last}`);
    }
  }
  return gaps;
}
