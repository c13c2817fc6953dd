import type { auditRecordedBy } from '@uw-wizard/shared/contracts/audit';
import type { EventOf } from '@uw-wizard/shared/contracts/event';
import { v5 as uuidv5 } from 'uuid';
import type { AuditRecord } from '../domain/audit-chain.ts';

/** The rows that an event becomes: one for each thing that was done, the first under the event's own id. */
export function recordsOf(event: EventOf<ReturnType<typeof auditRecordedBy>>): AuditRecord[] {
  const { actor, request_id: requestId, entries } = event.data;
  return entries.map((entry, nth) => ({
    id: nth === 0 ? event.id : uuidv5(String(nth), event.id),
    at: new Date(event.time),
    service: event.source,
    actorKind: actor.kind,
    actorId: actor.id,
    actorRole: actor.role,
    address: actor.address,
    userAgent: actor.user_agent,
    requestId,
    action: entry.action,
    entityType: entry.entity_type,
    entityId: entry.entity_id,
    before: entry.before === null ? null : JSON.stringify(entry.before),
    after: entry.after === null ? null : JSON.stringify(entry.after),
  }));
}
