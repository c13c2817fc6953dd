import { auditRecordedBy } from '@uw-wizard/shared/contracts/audit';
import { type Publisher, publishers } from '@uw-wizard/shared/contracts/event';
import type { Delivery } from '@uw-wizard/shared/platform/bus';
import { on } from '@uw-wizard/shared/platform/consumer';
import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import { deadLetterId, keepDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { readEvent } from '@uw-wizard/shared/platform/read-event';
import { backoffMs } from '@uw-wizard/shared/platform/try-until';
import { z } from 'zod';
import type { AuditRecord } from '../domain/audit-chain.ts';
import { recordsOf } from './audit-records.ts';

export type FromAuditDeps = {
  database: Pick<Database<SqlTx>, 'withTenant'>;
  auditLog: { append(tenantId: string, records: readonly AuditRecord[]): Promise<void> };
  log: Logger;
  /** Tells people of a tenant that an event was given up, in the transaction that keeps it. */
  onGivenUp(tx: SqlTx, given: { tenantId: string; eventId: string; reason: string }): Promise<void>;
  /** Who hears of an event that does not say whose it is. */
  unknownTenantId: string;
};

/** Tries of one event before it is given up; the last of them alone, so that it keeps no others back. */
const maxAttempts = 10;
const aloneFrom = 3;

type Read = { delivery: Delivery; tenantId: string; records: readonly AuditRecord[] };

/**
 * Puts what was done in any service into the audit log: one transaction for all of a tenant's events of a batch. An event
 * that comes again is passed over; one that cannot be read, or fails alone too often, becomes a dead letter and an alert.
 */
export function fromAudit(deps: FromAuditDeps): (batch: readonly Delivery[]) => Promise<void> {
  return async (batch) => {
    const groups = new Map<string, Read[]>();
    for (const delivery of batch) {
      const read = readAudit(delivery.body);
      if (read.readable) {
        const key = delivery.attempt < aloneFrom ? read.tenantId : `${read.tenantId} ${delivery.id}`;
        const group = groups.get(key) ?? [];
        group.push({ delivery, ...read });
        groups.set(key, group);
      } else await bury(deps, delivery, read).catch(() => putOff(delivery));
    }
    for (const group of groups.values()) await append(deps, group);
  };
}

async function append(deps: FromAuditDeps, group: readonly Read[]): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  const records = group.flatMap((each) => each.records).toSorted((a, b) => a.at.getTime() - b.at.getTime());
  try {
    await deps.auditLog.append(first.tenantId, records);
    await Promise.all(group.map(({ delivery }) => delivery.ack()));
  } catch (error) {
    deps.log.warn({ err: error, events: group.length }, 'not in the audit log yet, will be tried again');
    const reason = error instanceof Error ? error.message.slice(0, 1_000) : String(error);
    for (const { delivery, tenantId } of group) {
      if (delivery.attempt < maxAttempts) await putOff(delivery);
      // With the database away this fails too, so an outage is not held against the event.
      else await bury(deps, delivery, { source: null, tenantId, reason }).catch(() => putOff(delivery));
    }
  }
}

function putOff(delivery: Delivery): Promise<void> {
  return delivery.nak(backoffMs(delivery.attempt, 200, 30_000));
}

async function bury(
  { database, onGivenUp, log, unknownTenantId }: FromAuditDeps,
  delivery: Delivery,
  why: { source: Publisher | null; tenantId: string | null; reason: string },
): Promise<void> {
  const publisher = why.source ?? sourceOf(delivery.body) ?? 'auth-svc';
  const tenantId = why.tenantId ?? unknownTenantId;
  const { reason } = why;
  await database.withTenant(tenantId, async (tx) => {
    const id = deadLetterId(publisher, delivery.id);
    const letter = { id, publisher, type: delivery.subject, body: delivery.body, reason, attempts: delivery.attempt };
    if (!(await keepDeadLetter(tx, letter))) return;
    log.error({ event_id: delivery.id, reason }, 'audit event given up: now a dead letter');
    await onGivenUp(tx, { tenantId, eventId: id, reason });
  });
  await delivery.term();
}

/** Reads an event's text by the contract of whoever says to have published it. */
export function readAudit(text: string) {
  const source = sourceOf(text);
  if (source === null) return { readable: false, source, tenantId: null, reason: 'of no publisher' } as const;
  const nothing = async () => undefined;
  const following = {
    publisher: source,
    handlers: [on<SqlTx, ReturnType<typeof auditRecordedBy>>(auditRecordedBy(source), nothing)],
  };
  const read = readEvent(text, following);
  if (!read.readable) return { readable: false, source, tenantId: read.tenantId, reason: read.reason } as const;
  const { event, handler } = read;
  if (handler === undefined)
    return { readable: false, source, tenantId: event.tenantid, reason: `${event.type} is no audit event` } as const;
  // The handler's contract has checked the data.
  const records = recordsOf(event as Parameters<typeof recordsOf>[0]);
  return { readable: true, tenantId: event.tenantid, records } as const;
}

const sourceSchema = z.object({ source: z.enum(publishers) });

function sourceOf(text: string): Publisher | null {
  try {
    return sourceSchema.parse(JSON.parse(text)).source;
  } catch {
    return null;
  }
}
