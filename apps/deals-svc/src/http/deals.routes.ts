import type { RecordAccess } from '@uw-wizard/shared/platform/access-log';
import { cursor, limit, writeCursor } from '@uw-wizard/shared/platform/cursor';
import { type Handlers, runCommand, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { z } from 'zod';
import { invalid, parseAnswers, parseMerchant } from '../domain/intake/parse-answers.ts';
import { type GetDealDeps, getDeal } from '../usecases/get-deal.ts';
import { type ListEventsDeps, listEvents } from '../usecases/list-events.ts';
import { type StartDealDeps, type StartDealInput, type StartedDeal, startDeal } from '../usecases/start-deal.ts';
import { summaryOf } from './event-summary.ts';
import { dealIdOf, parseBody, parseQuery, uuid } from './parse.ts';
import type { RouteDeps } from './route-deps.ts';
import { showDeal, unmaskedFields } from './show-deal.ts';

const startBody = z
  .strictObject({
    merchant_id: uuid('Send the UUID of a merchant.').nullish(),
    merchant: z.record(z.string(), z.unknown()).nullish(),
    requested_amount_cents: z.unknown(),
    source: z.string().trim().min(1).max(100).nullish(),
  })
  .partial({ requested_amount_cents: true });

const eventsQuery = z.object({ limit: limit.default(50), cursor: cursor.optional() });

/** Starting a deal, looking at it and at what has happened to it. */
export function dealsRoutes(
  deps: RouteDeps & StartDealDeps & GetDealDeps & ListEventsDeps & { recordAccess: RecordAccess },
): Handlers {
  return {
    'POST /api/deals/start': (req, res) =>
      runCommand(req, res, { database: deps.database, show: showStarted, allItDoes: true }, async (command) => {
        const body = parseBody(startBody, req);
        const today = deps.clock().toISOString().slice(0, 10);
        return startDeal(deps, {
          command,
          merchant: readMerchant(body.merchant_id ?? null, body.merchant ?? null, today),
          requestedAmountCents: readAmount(body.requested_amount_cents ?? null, today),
          source: body.source ?? null,
        });
      }),

    'GET /api/deals/:id': async (req, res) => {
      const { tenant, role } = tenantIdentityOf(req);
      const found = await getDeal(deps, { tenantId: tenant, dealId: dealIdOf(req) });
      const seen = unmaskedFields(found.deal, role);
      if (seen.length > 0) {
        const what = { action: 'deal.viewed_unmasked', entityType: 'deal', entityId: found.deal.id };
        await deps.recordAccess(tenant, { ...what, after: { fields: seen.join(' ') } });
      }
      res.set('ETag', `"${found.deal.version}"`).json(showDeal({ ...found, role }));
    },

    'GET /api/deals/:id/events': async (req, res) => {
      const { tenant } = tenantIdentityOf(req);
      const dealId = dealIdOf(req);
      const query = parseQuery(eventsQuery, req);
      const page = await listEvents(deps, {
        tenantId: tenant,
        dealId,
        limit: query.limit,
        after: query.cursor ?? null,
      });
      const last = page.entries.at(-1);
      res.json({
        data: page.entries.map(({ id, type, time, createdAt, data }) => ({
          id,
          type,
          time: time.toISOString(),
          created_at: createdAt.toISOString(),
          data,
          summary: summaryOf(type, data),
        })),
        next_cursor: page.hasMore && last !== undefined ? writeCursor(last) : null,
        has_more: page.hasMore,
      });
    },
  };
}

function showStarted({ deal, reused }: StartedDeal) {
  return { body: { deal_id: deal.id, merchant_id: deal.merchantId, status: deal.status, reused } };
}

/** A merchant that is named by its id need not be named by anything else. */
function readMerchant(
  id: string | null,
  raw: Readonly<Record<string, unknown>> | null,
  today: string,
): StartDealInput['merchant'] {
  if (id !== null) {
    const only = ({ target }: { target: string }) => target === 'merchant';
    return { id, given: parseAnswers(raw ?? {}, { today, pointer: '#/merchant', only }).merchant };
  }
  if (raw !== null) return { id, given: parseMerchant(raw, { today }) };
  const detail = 'Send merchant_id, or merchant with at least its legal_name.';
  throw invalid([{ pointer: '#/merchant', detail }]);
}

function readAmount(raw: unknown, today: string): number | null {
  if (raw === null) return null;
  const only = ({ field }: { field: string }) => field === 'requested_amount_cents';
  return parseAnswers({ requested_amount_cents: raw }, { today, pointer: '#', only }).deal.requestedAmountCents ?? null;
}
