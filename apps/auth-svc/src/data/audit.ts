import type { AuditActor } from '@uw-wizard/shared/contracts/audit';
import { type Audited, audit as note } from '@uw-wizard/shared/platform/audit';
import { currentRequest } from '@uw-wizard/shared/platform/request-context';
import { validate as isUuid } from 'uuid';
import type { AuthTx } from './database.ts';

/** Who does something, and from where: a user's id, a key's, or a part of the house. */
export type Actor = { readonly id: string; readonly address?: string | undefined };

export type Audit = Audited & { entityType: 'user' | 'session' | 'api_key' | 'account' };

/** Notes what is done, in the transaction that does it; it leaves with the facts that are written next. */
export function audit(tx: AuthTx, tenantId: string, actor: Actor, what: readonly Audit[]): void {
  note(tx, { publisher: 'auth-svc', tenantId, actor: auditActorOf(actor) }, what);
}

/** The caller, unless it is done by somebody who has no credential yet: at a login, or by the house itself. */
function auditActorOf({ id, address }: Actor): AuditActor {
  const caller = currentRequest()?.caller;
  if (caller?.id === id) return caller;
  return {
    kind: isUuid(id) ? 'user' : id === 'unknown' ? 'anonymous' : 'house',
    id,
    role: null,
    address: address ?? caller?.address ?? null,
    user_agent: caller?.user_agent ?? null,
  };
}
