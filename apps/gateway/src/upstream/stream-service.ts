import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { headersOfAnswer } from './headers.ts';
import type { Link } from './links.ts';
import type { Replica } from './replica.ts';
import { type Attempt, type TriedCall, tryReplicas } from './try-replicas.ts';
import { silence } from './upstream-error.ts';

/** One answer on its way from one replica. */
type Transfer = { ended: Error | null; upstream: ClientRequest | null; fail(error: unknown): void };

export type StreamService = (
  req: IncomingMessage,
  res: ServerResponse,
  call: TriedCall & { headers: () => string[] },
) => Promise<void>;

/**
 * Passes a service's answer through as it comes. Resolves when the client has it all, or has gone. Before the first byte a
 * failure is tried at another replica or thrown (`service-unavailable`, `bad-gateway`, `gateway-timeout`); after it the
 * connection is broken off, so that nobody takes half a file for a whole one. `req` must have been read to its end.
 */
export function createStreamService(link: Link): StreamService {
  const transfers = new WeakMap<IncomingMessage, Transfer>();
  const proxies = new Map(link.replicas.map((replica) => [replica, proxyTo(replica, transfers)]));

  const begin = (
    replica: Replica,
    req: IncomingMessage,
    res: ServerResponse,
    headers: () => string[],
  ): Attempt<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const transfer: Transfer = {
      ended: null,
      upstream: null,
      fail(error) {
        if (res.headersSent) res.destroy();
        else reject(transfer.ended ?? error);
      },
    };
    res.once('close', resolve);
    transfers.set(req, transfer);
    // The proxy takes headers and path from the request; the path is the client's own, already checked.
    req.headers = toRecord(headers());
    void proxies.get(replica)?.(req, res, (error) => transfer.fail(error ?? new Error('the proxy did not answer')));
    return {
      answer: promise,
      end(reason) {
        // Half an answer cannot be given up for another one.
        if (reason === silence && res.headersSent) return;
        transfer.ended ??= reason;
        if (res.headersSent) res.destroy();
        // Its error reaches `fail`, and only then the next try begins: both go by the same request.
        if (transfer.upstream !== null) transfer.upstream.destroy(reason);
        else transfer.fail(reason);
      },
    };
  };
  return (req, res, call) => tryReplicas(link, call, (replica) => begin(replica, req, res, call.headers));
}

function toRecord(flat: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let at = 0; at < flat.length; at += 2) record[flat[at] ?? ''] = flat[at + 1] ?? '';
  return record;
}

function proxyTo(replica: Replica, transfers: WeakMap<IncomingMessage, Transfer>) {
  return createProxyMiddleware({
    target: replica.target,
    agent: replica.streamAgent,
    on: {
      proxyReq: (upstream, req) => {
        const transfer = transfers.get(req);
        if (transfer === undefined) return;
        transfer.upstream = upstream;
        if (transfer.ended !== null) upstream.destroy(transfer.ended);
      },
      proxyRes: (answer, _req, res) => {
        const sent = headersOfAnswer(answer.headers, 'sent');
        const length = answer.headers['content-length'];
        for (const name of Object.keys(answer.headers)) delete answer.headers[name];
        Object.assign(answer.headers, sent, { connection: res.shouldKeepAlive ? 'keep-alive' : 'close' });
        if (length !== undefined) answer.headers['content-length'] = length;
        if (sent['cache-control'] === undefined) answer.headers['cache-control'] = 'no-store';
      },
      error: (error, req) => transfers.get(req)?.fail(error),
    },
  });
}
