import type { Publisher } from '../contracts/event.ts';
import { type Audited, audit } from './audit.ts';
import type { SqlTx } from './database.ts';
import { currentRequest } from './request-context.ts';
import { createSlots } from './slots.ts';

/** Records that the caller looks at something of a tenant's. Rejects when that cannot be kept: then it is not shown. */
export type RecordAccess = (tenantId: string, what: Audited) => Promise<void>;

type Access = { by: Parameters<typeof audit>[1]; what: Audited };
type Gathering = { accesses: Access[]; kept: Promise<void> };

/** More are not written by one statement. */
const mostAtOnce = 100;

/** One commit waits for the disk while another one's rows are written. */
const commitsAtOnce = 2;

/**
 * Puts into the audit log what is looked at and leaves no other trace. Resolves once it is kept. What a tenant's readers
 * look at while it waits for its turn is written together: many readers cost as many commits as there is time for.
 */
export function createAccessLog<Tx extends SqlTx>(
  database: { withTenant<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> },
  publisher: Publisher,
): RecordAccess {
  const gathering = new Map<string, Gathering>();
  const slots = createSlots(commitsAtOnce);

  const write = async (tenantId: string, mine: Gathering['accesses']): Promise<void> => {
    await slots.take();
    if (gathering.get(tenantId)?.accesses === mine) gathering.delete(tenantId);
    try {
      await database.withTenant(tenantId, async (tx) => {
        for (const { by, what } of mine) audit(tx, by, [what]);
      });
    } finally {
      slots.give();
    }
  };

  return (tenantId, what) => {
    const { caller: actor, request_id: requestId } = currentRequest() ?? {};
    const access = { by: { publisher, tenantId, actor, requestId }, what };
    const open = gathering.get(tenantId);
    if (open !== undefined && open.accesses.length < mostAtOnce) {
      open.accesses.push(access);
      return open.kept;
    }
    const accesses = [access];
    const kept = write(tenantId, accesses);
    gathering.set(tenantId, { accesses, kept });
    return kept;
  };
}
