import { currentStatements } from '@uw-wizard/shared/contracts/asks';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import type { z } from 'zod';

/** What the owner of the statements says about a deal's set. */
export type CurrentStatements = z.infer<typeof currentStatements.reply>;

/** Asks the owner of the statements which set the deal has now. 503 `owner-unavailable` when it is silent. */
export function askStatements(ask: Ask, tenantId: string, dealId: string): Promise<CurrentStatements> {
  return ask(currentStatements, { tenant_id: tenantId, deal_id: dealId });
}
