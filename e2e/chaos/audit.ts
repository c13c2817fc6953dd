import { storyGap, type TimelineEvent } from '../flow/timeline.ts';
import { type Books, bookNames } from '../house/books.ts';
import {
  type Census,
  type CountFiles,
  censusFaults,
  oneOfEverything,
  takeCensuses,
  takeCensusOfHouse,
} from '../house/census.ts';
import { publisherOf } from '../house/settled.ts';

/** What kind of difference was found. */
export type Finding = { kind: 'lost' | 'duplicated' | 'stuck' | 'out of order'; what: string };

/** What nobody has finished yet, in all the house; empty once nothing more will happen by itself. */
export async function stillOpen(books: Books): Promise<string[]> {
  const open: string[] = [];
  const add = async (what: string, book: (typeof bookNames)[number], sql: string) => {
    const [row] = await books.query<{ count: string }>(book, sql);
    if (Number(row?.count) > 0) open.push(`${row?.count} ${what}`);
  };
  for (const book of bookNames) {
    await add(
      `facts that ${publisherOf[book]} has to publish`,
      book,
      'SELECT count(*) FROM outbox WHERE published_at IS NULL',
    );
  }
  await add('envelopes that are not finished', 'signing', 'SELECT count(*) FROM envelopes WHERE due_at IS NOT NULL');
  await add(
    'calls the provider has to make',
    'signing',
    'SELECT count(*) FROM mock_callbacks WHERE delivered_at IS NULL',
  );
  await add('texts that are not finished', 'sms', `SELECT count(*) FROM messages WHERE status = 'intent'`);
  return [...open, ...(await unread(books))];
}

type Position = { tenant_id: string; subject: string; last_sequence: string };

/** Facts that were given out and that a follower of their publisher has not taken in. */
async function unread(books: Books): Promise<string[]> {
  const open: string[] = [];
  for (const book of bookNames) {
    const publisher = publisherOf[book];
    const given = await books.query<Position>(book, 'SELECT tenant_id, subject, last_sequence FROM outbox_clock');
    for (const reader of bookNames) {
      const taken = await books.query<Position>(
        reader,
        'SELECT tenant_id, subject, last_sequence FROM inbox_cursor WHERE publisher = $1',
        [publisher],
      );
      // Whoever has read of a publisher follows it; deals-svc keeps the timeline of all.
      if (taken.length === 0 && (reader !== 'deals' || book === 'deals')) continue;
      const read = new Map(
        taken.map((row) => [JSON.stringify([row.tenant_id, row.subject]), Number(row.last_sequence)]),
      );
      const behind = given.filter(
        (row) => (read.get(JSON.stringify([row.tenant_id, row.subject])) ?? 0) < Number(row.last_sequence),
      );
      if (behind.length > 0)
        open.push(`${behind.length} subjects of ${publisher} that ${publisherOf[reader]} has not read`);
    }
  }
  return open;
}

/** Everything that is not as it would be had nothing gone wrong, about the merchants whose flows were finished. */
export async function audit(
  books: Books,
  of: { tenantId: string; legalNames: readonly string[]; countFiles: CountFiles; expected?: Census },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [legalName, census] of await takeCensuses(books, of)) {
    for (const fault of censusFaults(census, of.expected ?? oneOfEverything))
      findings.push({ kind: kindOf(fault), what: `merchant ${legalName}: ${fault}` });
  }
  for (const fault of censusFaults(await takeCensusOfHouse(books), {}))
    findings.push({ kind: kindOf(fault), what: fault });
  return [...findings, ...(await gaps(books)), ...(await disorder(books, of))];
}

/** "offers: 2, not 3" is a loss, "offers: 6, not 3" one too many. */
function kindOf(fault: string): Finding['kind'] {
  const [, is, should] = /: (\d+), not (\d+)$/.exec(fault) ?? [];
  return Number(is) < Number(should) ? 'lost' : 'duplicated';
}

/** A publisher's sequences about a subject are 1, 2, 3 … to the last one given out. */
async function gaps(books: Books): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const book of bookNames) {
    const rows = await books.query<{ subject: string; facts: string; last_sequence: string }>(
      book,
      `SELECT c.subject, c.last_sequence, count(DISTINCT o.sequence) AS facts
       FROM outbox_clock c LEFT JOIN outbox o ON o.tenant_id = c.tenant_id AND o.subject = c.subject
       GROUP BY c.tenant_id, c.subject, c.last_sequence HAVING count(DISTINCT o.sequence) <> c.last_sequence`,
    );
    for (const { subject, facts, last_sequence: last } of rows) {
      findings.push({
        kind: 'lost',
        what: `${publisherOf[book]} gave out ${last} facts about ${subject} and has ${facts}`,
      });
    }
  }
  return findings;
}

/** Each deal's timeline tells its story in the order in which its events follow from each other. */
async function disorder(
  books: Books,
  { tenantId, legalNames }: { tenantId: string; legalNames: readonly string[] },
): Promise<Finding[]> {
  const rows = await books.query<{ deal_id: string } & TimelineEvent>(
    'deals',
    `SELECT e.deal_id, e.id, e.type, e.time::text AS time FROM events e
     JOIN deals d ON d.tenant_id = e.tenant_id AND d.id = e.deal_id
     JOIN merchants m ON m.tenant_id = d.tenant_id AND m.id = d.merchant_id
     WHERE e.tenant_id = $1 AND m.legal_name = ANY($2) ORDER BY e.time DESC, e.id DESC`,
    [tenantId, legalNames],
  );
  const findings: Finding[] = [];
  for (const [dealId, events] of Map.groupBy(rows, (row) => row.deal_id)) {
    const gap = storyGap(events);
    if (gap !== null) findings.push({ kind: 'out of order', what: `deal ${dealId}: ${gap}` });
  }
  return findings;
}
