import type { currentStatements as contract } from '@uw-wizard/shared/contracts/asks';
import type { z } from 'zod';
import type { Documents } from './ports.ts';

export type CurrentStatementsDeps = { documents: Pick<Documents, 'findCurrentReading'> };

/** Answers which statements a deal has now and what they say. `reconciled`: every one of the three adds up. */
export async function currentStatements(
  deps: CurrentStatementsDeps,
  input: z.infer<(typeof contract)['request']>,
): Promise<z.infer<(typeof contract)['reply']>> {
  const current = await deps.documents.findCurrentReading(input.tenant_id, input.deal_id);
  if (current === null) return { status: 'none' };
  const { id, analysis, reconciled, dealTime } = current;
  if (analysis.status === 'pending') return { status: 'pending', statement_set_id: id, deal_time: dealTime };
  return { status: 'done', statement_set_id: id, analysis, reconciled, deal_time: dealTime };
}
