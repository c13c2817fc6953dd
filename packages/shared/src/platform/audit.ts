import { type AuditActor, type AuditEntry, auditRecordedBy, mostAuditEntries } from '../contracts/audit.ts';
import type { Publisher } from '../contracts/event.ts';
import type { SqlTx } from './database.ts';
import { mask } from './mask.ts';
import { currentRequest } from './request-context.ts';

/** What was done to what; `before` and `after` as the code has them, of any size and unmasked. */
export type Audited = {
  readonly action: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly before?: object | null | undefined;
  readonly after?: object | null | undefined;
};

/** The entries of one transaction that belong to one event. */
export type AuditNote = {
  readonly publisher: Publisher;
  readonly tenantId: string;
  readonly actor: AuditActor;
  readonly requestId: string | null;
  readonly entries: AuditEntry[];
};

const notes = new WeakMap<SqlTx, AuditNote[]>();

/**
 * Notes in `tx` what is being done on the caller's behalf, or on that of `actor`. It leaves as `audit.recorded`, as the last
 * thing before the commit. What the house does by itself, when an event comes or something is due, follows from a call that
 * has its record; without a caller and an `actor` nothing is noted.
 */
export function audit(
  tx: SqlTx,
  by: { publisher: Publisher; tenantId: string; actor?: AuditActor | undefined; requestId?: string | undefined },
  what: readonly Audited[],
): void {
  const actor = by.actor ?? currentRequest()?.caller;
  if (actor === undefined || what.length === 0) return;
  const { publisher, tenantId } = by;
  const requestId = (by.requestId ?? currentRequest()?.request_id)?.slice(0, 200) ?? null;
  const noted = notes.get(tx) ?? [];
  notes.set(tx, noted);
  for (const each of what) {
    const last = noted.at(-1);
    const fits = last?.tenantId === tenantId && last.requestId === requestId && isSame(last.actor, actor);
    if (fits && last.entries.length < mostAuditEntries) last.entries.push(toEntry(each));
    else noted.push({ publisher, tenantId, actor, requestId, entries: [toEntry(each)] });
  }
}

/** Takes what was noted in `tx`: it is not there any more. */
export function takeNotes(tx: SqlTx): AuditNote[] {
  const noted = notes.get(tx) ?? [];
  notes.delete(tx);
  return noted;
}

/** The event's contract and data. */
export function factOf({ publisher, actor, requestId, entries }: AuditNote) {
  return { contract: auditRecordedBy(publisher), data: { actor, request_id: requestId, entries } };
}

function isSame(one: AuditActor, other: AuditActor): boolean {
  return one === other || (one.kind === other.kind && one.id === other.id);
}

function toEntry({ action, entityType, entityId, before, after }: Audited): AuditEntry {
  return {
    action,
    entity_type: entityType,
    entity_id: entityId,
    before: small(before),
    // Of something new, what it has is enough.
    after: small(after, (before ?? null) === null),
  };
}

const longestText = 200;
const mostMembers = 60;
const longestWhole = 4_000;

/** What the log keeps of a value: masked, times as texts, nothing long or deep, names as on the wire. */
function small(value: object | null | undefined, withoutNulls = false): Record<string, unknown> | null {
  if (value === null || value === undefined) return null;
  const kept = Object.entries(value)
    .filter(([, member]) => member !== undefined && !(withoutNulls && member === null))
    .slice(0, mostMembers)
    .map(([name, member]) => [toSnakeCase(name), cut(member)]);
  const record: Record<string, unknown> = Object.fromEntries(kept);
  // Masked by their names and looks, which are those of the wire.
  const masked = mask(record) as Record<string, unknown>;
  return JSON.stringify(masked).length <= longestWhole ? masked : { fields: Object.keys(masked) };
}

function cut(member: unknown): unknown {
  if (member instanceof Date) return member.toISOString();
  if (typeof member === 'bigint') return Number(member);
  if (typeof member === 'string') {
    const text = member.replaceAll('\u0000', '\uFFFD').toWellFormed();
    return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  }
  if (typeof member !== 'object' || member === null) return member;
  return Array.isArray(member) ? `${member.length} item(s)` : Object.keys(member).slice(0, mostMembers);
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
