import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { RequestHandler } from 'express';
import { callOf } from './call.ts';

/** One line for each call when it has ended; the query stays out of it, for it may hold data about a person. */
export function logCalls(log: Logger): RequestHandler {
  return (req, res, next) => {
    const begunMs = performance.now();
    res.once('close', () => {
      log.info(
        {
          request_id: callOf(req).requestId,
          method: req.method,
          path: callOf(req).path,
          status: res.statusCode,
          duration_ms: Math.round(performance.now() - begunMs),
          ...(res.writableFinished ? {} : { client_gone: true }),
        },
        'call',
      );
    });
    next();
  };
}
