import { z } from 'zod';
import { defineEvent, type EventContract, type Publisher, publishers } from './event.ts';
import { roleSchema } from './permissions.ts';

/**
 * Who did it and from where. `user` and `key` by their ids; `provider`: another company's webhook; `anonymous`: somebody
 * without a credential; `house`: a part of ours at its own call, like the bootstrap.
 */
export const auditActorSchema = z.object({
  kind: z.enum(['user', 'key', 'provider', 'anonymous', 'house']),
  id: z.string().min(1).max(200),
  role: roleSchema.nullable(),
  address: z.string().max(100).nullable(),
  user_agent: z.string().max(200).nullable(),
});
export type AuditActor = z.infer<typeof auditActorSchema>;

/** One thing that was done, and to what. `before` and `after` hold what changed, masked. */
export const auditEntrySchema = z.object({
  action: z.string().min(1).max(100),
  entity_type: z.string().min(1).max(50),
  entity_id: z.string().min(1).max(200),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** No transaction tells of more things at once. */
export const mostAuditEntries = 1_000;

const data = z.object({
  actor: auditActorSchema,
  request_id: z.string().max(200).nullable(),
  entries: z.array(auditEntrySchema).min(1).max(mostAuditEntries),
});

/** The type that all publishers share; its events have no order among each other, and a stream of their own. */
export const auditRecorded = 'audit.recorded';

/** `audit.recorded` as `publisher` says it: all that one transaction did on somebody's behalf. */
export function auditRecordedBy(publisher: Publisher): EventContract<typeof data> {
  return contracts[publisher];
}

// Object.fromEntries forgets which keys it was given; they are all publishers.
const contracts = Object.fromEntries(
  publishers.map((publisher) => [publisher, defineEvent({ type: auditRecorded, publisher, data })]),
) as Record<Publisher, EventContract<typeof data>>;
