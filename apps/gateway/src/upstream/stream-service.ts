import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { headersOfAnswer } from './headers.ts';
import type { Link } from './links.ts';
import { upstreamError } from './upstream-error.ts';

/** One answer on its way: how to end it at its deadline, and whom to tell that it failed. */
type Transfer = { outOfTime: boolean; upstream?: ClientRequest; fail: (error: unknown) => void };

export type StreamService = (
  req: IncomingMessage,
  res: ServerResponse,
  options: { headers: Record<string, string>; timeoutMs: number },
) => Promise<void>;

/**
 * Passes a service's answer through as it comes. Resolves when the client has it all, or has gone. Before the first byte a
 * failure is thrown (`service-unavailable`, `bad-gateway`, `gateway-timeout`); after it the connection is broken off, so
 * that nobody takes half a file for a whole one. `req` must have been read to its end.
 */
export function createStreamService(service: ServiceName, link: Link): StreamService {
  const transfers = new WeakMap<IncomingMessage, Transfer>();
  const proxy = createProxyMiddleware({
    target: link.target,
    agent: link.streamAgent,
    on: {
      proxyReq: (upstream, req) => {
        const transfer = transfers.get(req);
        if (transfer) transfer.upstream = upstream;
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
  return (req, res, { headers, timeoutMs }) =>
    new Promise((resolve, reject) => {
      const transfer: Transfer = {
        outOfTime: false,
        fail: (error) => {
          clearTimeout(deadline);
          if (res.headersSent) res.destroy();
          else reject(upstreamError(service, error, transfer.outOfTime));
        },
      };
      transfers.set(req, transfer);
      const deadline = setTimeout(() => {
        transfer.outOfTime = true;
        transfer.upstream?.destroy();
        transfer.fail(new Error(`the answer took more than ${timeoutMs} ms`));
      }, timeoutMs);
      res.once('close', () => {
        clearTimeout(deadline);
        resolve();
      });
      // The proxy takes headers and path from the request; the path is the client's own, already checked.
      req.headers = headers;
      void proxy(req, res, (error) => transfer.fail(error ?? new Error('the proxy passed the call on')));
    });
}
