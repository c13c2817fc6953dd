import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RecordAccess } from '@uw-wizard/shared/platform/access-log';
import { cursor, limit, writeCursor } from '@uw-wizard/shared/platform/cursor';
import { type Handlers, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { parseQuery } from '@uw-wizard/shared/platform/parse';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import { z } from 'zod';
import type { AuditedRow, AuditFilter } from '../domain/audit-row.ts';
import type { Actor, AuditPage, Place } from '../usecases/ports.ts';
import { actorOf } from './actor.ts';
import { noControls } from './texts.ts';

export type AuditRoutesDeps = {
  store: {
    inTenant<T>(tenantId: string, actor: Actor, work: (unit: { auditLog: AuditPage }) => Promise<T>): Promise<T>;
  };
  recordAccess: RecordAccess;
};

/** Rows of one look at the database, while a whole log is given out. */
const rowsAtOnce = 500;

const text = noControls.min(1, 'Send a text.').max(200, 'Use 200 characters at most.').optional();
const time = z.iso
  .datetime({ offset: true, error: 'Send a time like 2030-01-31T12:00:00Z.' })
  .refine((given) => !given.startsWith('0000'), 'Send a time like 2030-01-31T12:00:00Z.')
  .transform((given) => new Date(given))
  .optional();

const auditQuery = z
  .object({
    action: text,
    actor_id: text,
    entity_type: text,
    entity_id: text,
    request_id: text,
    since: time,
    until: time,
    format: z.enum(['json', 'csv'], { error: 'Send json or csv.' }).default('json'),
    limit: limit.default(100),
    cursor: cursor.optional(),
  })
  .transform(({ actor_id, entity_type, entity_id, request_id, ...query }) => {
    const ids = { actorId: actor_id, entityType: entity_type, entityId: entity_id, requestId: request_id };
    const { action, since, until, ...rest } = query;
    return { ...rest, filter: { action, since, until, ...ids } satisfies AuditFilter };
  });

/** Who did what: in pages, or all that is asked for as CSV. */
export function auditRoutes(deps: AuditRoutesDeps): Handlers {
  return {
    'GET /api/audit': async (req, res) => {
      const { tenant } = tenantIdentityOf(req);
      const query = parseQuery(auditQuery, req);
      const page = (count: number, from: Place | null) =>
        deps.store.inTenant(tenant, actorOf(req), ({ auditLog }) => auditLog.page(query.filter, count, from));
      if (query.format === 'csv') {
        const what = { action: 'audit.exported', entityType: 'audit', entityId: tenant, after: query.filter };
        await deps.recordAccess(tenant, what);
        return sendCsv(res, page);
      }
      const found = await page(query.limit + 1, query.cursor ?? null);
      const rows = found.slice(0, query.limit);
      const hasMore = found.length > query.limit;
      const last = rows.at(-1);
      const next = hasMore && last !== undefined ? writeCursor({ time: last.at, id: last.id }) : null;
      res.json({ data: rows.map(showRow), next_cursor: next, has_more: hasMore });
    },
  };
}

type Page = (count: number, from: Place | null) => Promise<AuditedRow[]>;

async function sendCsv(res: Response, page: Page): Promise<void> {
  res.set({
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': 'attachment; filename="audit.csv"',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-store',
  });
  // A text that a spreadsheet would take for a formula is one of somebody's making: it begins with an apostrophe.
  const csv = stringify({ header: true, columns: csvColumns, escape_formulas: true });
  await pipeline(Readable.from(rowsOf(page)), csv, res).catch((error: unknown) => {
    // Who hangs up in the middle of a download is told nothing, and is no error of ours.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
  });
}

async function* rowsOf(page: Page): AsyncGenerator<Record<string, unknown>> {
  let from: Place | null = null;
  for (;;) {
    const rows: AuditedRow[] = await page(rowsAtOnce, from);
    for (const row of rows) {
      const { actor, before, after, ...shown } = showRow(row);
      const { kind, id: actor_id, role, address, user_agent } = actor;
      const who = { actor_kind: kind, actor_id, actor_role: role, address, user_agent };
      yield { ...shown, ...who, before: json(before), after: json(after) };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsAtOnce) return;
    from = { time: last.at, id: last.id };
  }
}

const csvColumns = [
  ...['id', 'at', 'service', 'action', 'entity_type', 'entity_id', 'actor_kind', 'actor_id', 'actor_role'],
  ...['address', 'user_agent', 'request_id', 'before', 'after', 'seq'],
];

function json(value: unknown): string {
  return value === null ? '' : JSON.stringify(value);
}

function showRow(row: AuditedRow) {
  return {
    id: row.id,
    seq: Number(row.seq),
    at: row.at.toISOString(),
    service: row.service,
    action: row.action,
    entity_type: row.entityType,
    entity_id: row.entityId,
    actor: {
      kind: row.actorKind,
      id: row.actorId,
      role: row.actorRole,
      address: row.address,
      user_agent: row.userAgent,
    },
    request_id: row.requestId,
    before: row.before,
    after: row.after,
  };
}
