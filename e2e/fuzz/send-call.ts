import { Agent, request } from 'node:http';
import type { FuzzCall } from './make-call.ts';

/** What came back: a status, or why none did. */
export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly requestId: string; readonly text: string }
  | { readonly kind: 'nothing'; readonly why: string };

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/**
 * Sends a call as it is. By Node's own client, which minds what is in a header less than others do. A connection that ends
 * without an answer is tried once more: it may have been one that the last call left half-read.
 */
export async function sendCall(baseUrl: string, call: FuzzCall, timeoutMs: number): Promise<Outcome> {
  const outcome = await sendOnce(baseUrl, call, timeoutMs);
  const lost = outcome.kind === 'nothing' && /ECONNRESET|EPIPE|socket hang up/.test(outcome.why);
  return lost ? sendOnce(baseUrl, call, timeoutMs) : outcome;
}

function sendOnce(baseUrl: string, call: FuzzCall, timeoutMs: number): Promise<Outcome> {
  const { hostname, port } = new URL(baseUrl);
  const { method, target: path, body } = call;
  const length = body === null ? [] : ['content-length', String(body.length)];
  const headers = ['host', `${hostname}:${port}`, ...call.headers.map(toLatin1), ...length];
  return new Promise((resolve) => {
    const fail = (error: Error & { code?: string }) => {
      const why =
        error.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : `${error.code ?? ''} ${error.message}`;
      resolve({ kind: 'nothing', why });
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = request({ agent, hostname, port, method, path, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        if (text.length < 2_000) text += chunk;
      });
      response.once('error', fail);
      response.once('end', () =>
        resolve({
          kind: 'answer',
          status: response.statusCode ?? 0,
          requestId: String(response.headers['x-request-id'] ?? ''),
          text,
        }),
      );
    });
    sent.once('error', (error) => fail(signal.aborted ? (signal.reason as Error) : error));
    sent.end(body ?? undefined);
  });
}

/** Header values are bytes on the wire, and may hold no control character but a tab. */
function toLatin1(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(/[^\t -~\x80-\xff]/g, '');
}
