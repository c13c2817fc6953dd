import { type Handlers, runCommand } from '@uw-wizard/shared/platform/http-app';
import { z } from 'zod';
import { wireCheck } from '../domain/background/evaluate.ts';
import { type BackgroundRun, type RunBackgroundDeps, runBackground } from '../usecases/run-background.ts';
import { parseQuery, uuid } from './parse.ts';
import type { RouteDeps } from './route-deps.ts';

const runQuery = z
  .object({
    deal_id: uuid('Send the UUID of a deal.').optional(),
    merchant_id: uuid('Send the UUID of a merchant.').optional(),
  })
  .refine(({ deal_id, merchant_id }) => deal_id !== undefined || merchant_id !== undefined, {
    path: ['deal_id'],
    error: 'Name the deal by deal_id, or its merchant by merchant_id.',
  });

/** Running the background checks. */
export function backgroundRoutes(deps: RouteDeps & RunBackgroundDeps): Handlers {
  return {
    'POST /api/background/run': (req, res) =>
      runCommand(req, res, { database: deps.database, show: showRun, allItDoes: true }, async (command) => {
        const query = parseQuery(runQuery, req);
        return runBackground(deps, {
          command,
          dealId: query.deal_id ?? null,
          merchantId: query.merchant_id ?? null,
        });
      }),
  };
}

function showRun({ dealId, outcome }: BackgroundRun) {
  const { status, reasons, checks } = outcome;
  return { body: { deal_id: dealId, status, reasons, checks: checks.map(wireCheck) } };
}
