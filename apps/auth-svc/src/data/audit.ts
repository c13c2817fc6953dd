import { currentRequest } from '@uw-wizard/shared/platform/request-context';
import { v7 as uuidv7 } from 'uuid';
import type { AuthTx } from './database.ts';
import type { Prisma } from './generated/client.ts';

/** Who does something, and from where: a user's id, a key's, or a part of the house. */
export type Actor = { readonly id: string; readonly address?: string | undefined };

export type Audit = {
  action: string;
  entityType: 'user' | 'session' | 'api_key' | 'account';
  entityId: string;
  data?: Prisma.InputJsonObject;
};

/** Writes rows of the audit log, in the transaction of what they tell. */
export async function audit(tx: AuthTx, tenantId: string, actor: Actor, rows: readonly Audit[]): Promise<void> {
  const requestId = currentRequest()?.request_id ?? null;
  await tx.auditLog.createMany({
    data: rows.map(({ data, ...row }) => ({
      id: uuidv7(),
      tenantId,
      actor: actor.id,
      address: actor.address ?? null,
      requestId,
      data: data ?? {},
      ...row,
    })),
  });
}
