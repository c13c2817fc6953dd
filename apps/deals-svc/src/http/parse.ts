import { DomainError } from '@uw-wizard/shared/errors';
import { uuid } from '@uw-wizard/shared/platform/parse';
import type { Request } from 'express';
import { DEAL_NOT_FOUND } from '../domain/errors.ts';

export { parseBody, parseQuery, uuid } from '@uw-wizard/shared/platform/parse';

/** The deal's id in the path. What is no UUID names no deal: 404 `deal-not-found`. */
export function dealIdOf(req: Request): string {
  const id = uuid().safeParse(req.params.id);
  if (id.success) return id.data;
  throw new DomainError(DEAL_NOT_FOUND, 'There is no such deal: a deal id is a UUID.');
}
