import { validate as isUuid, v5 as uuidv5 } from 'uuid';
import type { Publisher } from '../contracts/event.ts';
import { publishers } from '../contracts/event.ts';
import type { Following } from './consumer.ts';
import type { Database, SqlTx } from './database.ts';
import { recordOutcome } from './inbox.ts';
import { observe } from './outbox.ts';
import { readEvent } from './read-event.ts';
import { inRequest } from './request-context.ts';

/** A message that was given up, as a person sees it. `body` is the message as it came. */
export type DeadLetter = {
  id: string;
  publisher: Publisher;
  type: string;
  body: string;
  reason: string;
  attempts: number;
  createdAt: Date;
  replayedAt: Date | null;
  discardedAt: Date | null;
};

/** No such dead letter, or it was replayed or discarded before, or it still cannot be handled. */
export class DeadLetterError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DeadLetterError';
  }
}

const namespace = '0197d0a4-7b1e-7c3a-9b58-3a0f6c1d2e4f';

/** The id a message has as a dead letter: the event's own, so that giving it up twice leaves one. */
export function deadLetterId(publisher: Publisher, messageId: string): string {
  return isUuid(messageId) ? messageId : uuidv5(`${publisher}/${messageId}`, namespace);
}

/** Keeps a message that was given up. False when it was kept before. */
export async function keepDeadLetter(
  tx: SqlTx,
  letter: { id: string; publisher: Publisher; type: string; body: string; reason: string; attempts: number },
): Promise<boolean> {
  // PostgreSQL's text cannot hold NUL, and a body that cannot be read may hold anything.
  const body = letter.body.replaceAll('\u0000', '\uFFFD');
  const kept = await tx.$executeRaw`
    INSERT INTO dead_letter (id, publisher, type, body, reason, attempts)
    VALUES (${letter.id}::uuid, ${letter.publisher}, ${letter.type}, ${body}, ${letter.reason}, ${letter.attempts})
    ON CONFLICT (id) DO NOTHING`;
  return kept > 0;
}

type Row = {
  id: string;
  publisher: string;
  type: string;
  body: string;
  reason: string;
  attempts: number;
  created_at: Date;
  replayed_at: Date | null;
  discarded_at: Date | null;
};

const columns = 'id, publisher, type, body, reason, attempts, created_at, replayed_at, discarded_at';

function toDeadLetter({ created_at, replayed_at, discarded_at, ...row }: Row): DeadLetter {
  const publisher = publishers.find((name) => name === row.publisher);
  if (publisher === undefined) throw new DeadLetterError(`${row.publisher} is no publisher`);
  return { ...row, publisher, createdAt: created_at, replayedAt: replayed_at, discardedAt: discarded_at };
}

/** The dead letters nobody has replayed or discarded, oldest first. */
export async function listDeadLetters(
  database: Pick<Database<SqlTx>, 'worker'>,
  options: { limit?: number } = {},
): Promise<DeadLetter[]> {
  const { rows } = await database.worker.query<Row>(
    `SELECT ${columns} FROM dead_letter
     WHERE replayed_at IS NULL AND discarded_at IS NULL ORDER BY created_at, id LIMIT $1`,
    [options.limit ?? 100],
  );
  return rows.map(toDeadLetter);
}

/** The dead letter `id`, also one that was replayed or discarded; null when there is none. */
export async function findDeadLetter(
  database: Pick<Database<SqlTx>, 'worker'>,
  id: string,
): Promise<DeadLetter | null> {
  if (!isUuid(id)) return null;
  const { rows } = await database.worker.query<Row>(`SELECT ${columns} FROM dead_letter WHERE id = $1`, [id]);
  return rows[0] === undefined ? null : toDeadLetter(rows[0]);
}

/**
 * Handles a dead letter now, out of its turn: its successors were handled meanwhile, and handlers must bear that. The
 * effect and the mark commit together, so it takes effect once. Throws DeadLetterError when it is gone or still cannot be
 * read, and whatever the handler throws; it then stays as it is.
 */
export async function replayDeadLetter<Tx extends SqlTx>(
  database: Pick<Database<Tx>, 'worker' | 'withTenant'>,
  id: string,
  followings: readonly Following<Tx>[],
): Promise<void> {
  const letter = await findDeadLetter(database, id);
  if (letter === null) throw new DeadLetterError(`There is no dead letter ${id}.`);
  const ofPublisher = followings.filter(({ publisher }) => publisher === letter.publisher);
  const handles = ({ handlers }: Following<Tx>) => handlers.some(({ contract }) => contract.type === letter.type);
  const following = ofPublisher.find(handles) ?? ofPublisher[0];
  if (following === undefined) throw new DeadLetterError(`Nothing of ${letter.publisher} is followed here.`);
  const read = readEvent(letter.body, following);
  if (!read.readable) throw new DeadLetterError(`Dead letter ${id} still cannot be read: ${read.reason}`);
  const { head, event, handler } = read;
  // One that could not be read was kept as nobody's.
  await database.worker.query('UPDATE dead_letter SET tenant_id = $2 WHERE id = $1 AND tenant_id IS DISTINCT FROM $2', [
    id,
    head.tenantId,
  ]);
  await inRequest({ request_id: head.id, tenant_id: head.tenantId }, () =>
    database.withTenant(head.tenantId, async (tx) => {
      const claimed = await tx.$executeRaw`
        UPDATE dead_letter SET replayed_at = now()
        WHERE id = ${id}::uuid AND replayed_at IS NULL AND discarded_at IS NULL`;
      if (claimed === 0) throw new DeadLetterError(`Dead letter ${id} was replayed or discarded before.`);
      await observe(tx, head.tenantId, head.subject, event.time);
      await handler?.handle(tx, event);
      await recordOutcome(tx, head, 'handled');
    }),
  );
}

/** Marks a dead letter as not to be replayed. Throws DeadLetterError when it is gone, replayed or discarded before. */
export async function discardDeadLetter(database: Pick<Database<SqlTx>, 'worker'>, id: string): Promise<void> {
  if (!isUuid(id)) throw new DeadLetterError(`There is no dead letter ${id}.`);
  const { rowCount } = await database.worker.query(
    `UPDATE dead_letter SET discarded_at = now() WHERE id = $1 AND replayed_at IS NULL AND discarded_at IS NULL`,
    [id],
  );
  if (rowCount === 0) throw new DeadLetterError(`There is no dead letter ${id} that nobody has seen to.`);
}
