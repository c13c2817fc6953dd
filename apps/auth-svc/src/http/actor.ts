import { tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import type { Request } from 'express';
import type { Actor } from '../usecases/ports.ts';

/** Whoever makes the call, as the audit log names it. */
export function actorOf(req: Request): Actor {
  const { sub, addr } = tenantIdentityOf(req);
  return { id: sub, address: addr };
}
