import type { ServerResponse } from 'node:http';
import { DomainError } from '@uw-wizard/shared/errors';
import type { ErrorRequestHandler } from 'express';

const clientGone = new Error('the client left before its answer was out');

/** Tells when the client leaves before its answer is out. */
export function whenGone(res: ServerResponse, tell: (reason: Error) => void): void {
  res.once('close', () => {
    if (!res.writableFinished) tell(clientGone);
  });
}

/**
 * A call that ended because its client left, half-way through its body or through a read, is nobody's error: there is
 * nobody to answer, and the line of the call says that the client has gone. Every other error goes on.
 */
export const letTheGoneGo: ErrorRequestHandler = (error, req, _res, next) => {
  const reason = error instanceof DomainError ? error.cause : error;
  if (reason === clientGone || (req.errored !== null && reason === req.errored)) return;
  next(error);
};
