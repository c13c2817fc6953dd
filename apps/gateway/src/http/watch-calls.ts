import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { Metrics } from '@uw-wizard/shared/platform/metrics';
import type { Call } from './call.ts';

/** Watches calls from their head to the end of their answer. */
export type CallWatch = {
  watch(res: ServerResponse, call: Call): void;
  /** The call that a connection is busy with. Looks through all calls in hand. */
  openOn(connection: Duplex): { readonly call: Call; readonly res: ServerResponse } | null;
  /** From now on every answer ends its connection, also those to calls in hand: clients go elsewhere with the next one. */
  drain(): void;
};

/** Nginx's figure for a call whose client did not wait for the answer. */
const clientGone = 499;

/** One line for each call when it has ended, and its time; the query stays out of it, for it may hold data about a person. */
export function watchCalls(options: { log: Logger; metrics: Metrics }): CallWatch {
  const { log, metrics } = options;
  const open = new Map<ServerResponse, Call>();
  let draining = false;
  return {
    watch(res, call) {
      const begunMs = performance.now();
      open.set(res, call);
      if (draining) res.shouldKeepAlive = false;
      res.once('close', () => {
        open.delete(res);
        const { requestId, method, path, pattern, span } = call;
        const durationMs = performance.now() - begunMs;
        const status = res.writableFinished ? res.statusCode : clientGone;
        metrics.callAnswered({ route: pattern, method, status, seconds: durationMs / 1000 });
        span.end({
          name: `${method} ${pattern}`,
          attributes: { 'http.request.method': method, 'http.route': pattern, 'http.response.status_code': status },
          failed: status >= 500,
        });
        log.info(
          {
            request_id: requestId,
            method,
            path,
            status: res.statusCode,
            duration_ms: Math.round(durationMs),
            ...(res.writableFinished ? {} : { client_gone: true }),
          },
          'call',
        );
      });
    },
    openOn(connection) {
      for (const [res, call] of open) if (res.socket === connection) return { call, res };
      return null;
    },
    drain() {
      draining = true;
      for (const res of open.keys()) res.shouldKeepAlive = false;
    },
  };
}
