import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '@uw-wizard/shared/errors';

const clientGone = new Error('the client left before its answer was out');

/** Tells when the client leaves before its answer is out. */
export function whenGone(res: ServerResponse, tell: (reason: Error) => void): void {
  res.once('close', () => {
    if (!res.writableFinished) tell(clientGone);
  });
}

/**
 * Whether `error` is that the client of `req` left, half-way through its body or through a read. That is nobody's error: there is
 * nobody to answer, and the line of the call says that the client has gone.
 */
export function isOfTheGone(error: unknown, req: IncomingMessage): boolean {
  const reason = error instanceof DomainError ? error.cause : error;
  return reason === clientGone || (req.errored !== null && reason === req.errored);
}
