import type { RequestHandler } from 'express';
import type { Metrics } from './metrics.ts';
import { beginSpan } from './tracing.ts';

/** A call that no route took has no pattern; its path would be a name of its own for each typo. */
const noRoute = '(none)';

/** Nginx's figure for a call whose client did not wait for the answer. */
const clientGone = 499;

/**
 * Counts each call by its route's pattern, and makes it a span below the one that its `traceparent` names: what comes
 * after finds its own in that header.
 */
export function observeCalls(metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const begunAt = performance.now();
    const { method } = req;
    const span = beginSpan(method, { kind: 'server', parent: req.get('traceparent') });
    if (span.traceparent !== undefined) req.headers.traceparent = span.traceparent;
    res.once('close', () => {
      const route = req.route?.path ?? noRoute;
      const status = res.writableFinished ? res.statusCode : clientGone;
      metrics.callAnswered({ route, method, status, seconds: (performance.now() - begunAt) / 1_000 });
      span.end({
        name: `${method} ${route}`,
        attributes: { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
        failed: status >= 500,
      });
    });
    next();
  };
}
