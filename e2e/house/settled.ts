import { type BookName, type Books, bookNames } from './books.ts';

const publisherOf: Readonly<Record<BookName, string>> = {
  auth: 'auth-svc',
  deals: 'deals-svc',
  documents: 'documents-svc',
  signing: 'signing-svc',
  sms: 'sms-svc',
};

/** What is still under way about a deal: nothing more will happen to it by itself once this is empty. */
export async function stillUnderWay(books: Books, { tenantId, dealId }: { tenantId: string; dealId: string }) {
  const open: string[] = [];
  const numberOf = async (book: BookName, sql: string, values: unknown[] = [tenantId, dealId]): Promise<number> =>
    Number((await books.query<{ n: string | null }>(book, sql, values))[0]?.n ?? 0);
  for (const book of bookNames) {
    const unpublished = await numberOf(
      book,
      'SELECT count(*) AS n FROM outbox WHERE tenant_id = $1 AND subject = $2 AND published_at IS NULL',
    );
    if (unpublished > 0) open.push(`${publisherOf[book]} has ${unpublished} facts to publish`);
    const last = await numberOf(
      book,
      'SELECT last_sequence AS n FROM outbox_clock WHERE tenant_id = $1 AND subject = $2',
    );
    for (const reader of bookNames) {
      const cursor =
        'SELECT last_sequence AS n FROM inbox_cursor WHERE tenant_id = $1 AND subject = $2 AND publisher = $3';
      const rows = await books.query<{ n: string }>(reader, cursor, [tenantId, dealId, publisherOf[book]]);
      const read = Number(rows[0]?.n ?? 0);
      // deals-svc keeps the timeline of all; the others follow what they need.
      const follows = rows.length > 0 || (reader === 'deals' && book !== 'deals');
      if (follows && read < last)
        open.push(`${publisherOf[reader]} has read ${read} of ${last} facts of ${publisherOf[book]}`);
    }
  }
  const envelopes = await numberOf(
    'signing',
    'SELECT count(*) AS n FROM envelopes WHERE tenant_id = $1 AND deal_id = $2::uuid AND due_at IS NOT NULL',
  );
  if (envelopes > 0) open.push('the envelope is not finished');
  const calls = await numberOf(
    'signing',
    `SELECT count(*) AS n FROM mock_callbacks c JOIN mock_envelopes e ON e.id = c.envelope_id
     WHERE e.tenant_id = $1 AND e.deal_id = $2::uuid AND c.delivered_at IS NULL`,
  );
  if (calls > 0) open.push('the provider still has to call');
  const texts = await numberOf(
    'sms',
    `SELECT count(*) AS n FROM messages WHERE tenant_id = $1 AND deal_id = $2::uuid AND status = 'intent'`,
  );
  if (texts > 0) open.push('a text is not finished');
  return open;
}

/** Gaps in what each service has announced about a deal: its sequences are 1, 2, 3 … to the last one given out. */
export async function sequenceGaps(
  books: Books,
  { tenantId, dealId }: { tenantId: string; dealId: string },
): Promise<string[]> {
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
