import type { Delivery } from './bus.ts';
import type { Following, GivenUp } from './consumer.ts';
import type { Database, SqlTx } from './database.ts';
import { deadLetterId, keepDeadLetter } from './dead-letters.ts';
import type { Logger } from './logger.ts';
import type { UnplacedEvent } from './read-event.ts';

export type GiveUpDeps<Tx extends SqlTx> = {
  database: Pick<Database<Tx>, 'pool' | 'withTenant'>;
  log: Logger;
  following: Following<Tx>;
  onGivenUp: (tx: Tx, given: GivenUp) => Promise<void>;
  /** Who hears of messages that do not say whose they are. Without one only the log does. */
  unknownTenantId: string | undefined;
};

/** Keeps a message as a dead letter and tells a person, both in `tx` and once, however often it is given up. */
export async function giveUp<Tx extends SqlTx>(
  deps: GiveUpDeps<Tx>,
  tx: Tx,
  given: Omit<GivenUp, 'tenantId'> & { tenantId: string | undefined },
  letter: { attempts: number; body: string },
): Promise<void> {
  const { eventId, type, reason, tenantId } = given;
  const { publisher } = deps.following;
  const id = deadLetterId(publisher, eventId);
  if (!(await keepDeadLetter(tx, { id, publisher, type, reason, ...letter }))) return;
  deps.log.error({ event_id: eventId, type, reason, attempts: letter.attempts }, 'event given up: now a dead letter');
  if (tenantId !== undefined) await deps.onGivenUp(tx, { ...given, tenantId });
}

/** Gives up a message whose place in the sequence is not known, so that it has no turn to wait for. */
export async function giveUpUnplaced<Tx extends SqlTx>(
  deps: GiveUpDeps<Tx>,
  delivery: Delivery,
  { type, reason, tenantId: own }: UnplacedEvent,
): Promise<void> {
  const tenantId = own ?? deps.unknownTenantId;
  const given = { tenantId, subject: delivery.id, type, eventId: delivery.id, reason };
  const letter = { attempts: delivery.attempt, body: delivery.body };
  await deps.database.withTenant(tenantId ?? '', (tx) => giveUp(deps, tx, given, letter));
  await delivery.term();
}
