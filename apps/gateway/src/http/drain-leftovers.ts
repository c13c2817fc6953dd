import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasBody } from './read-body.ts';

const patienceMs = 5_000;

/**
 * A refusal often goes out while the client still sends its body. The rest is read and thrown away, so that the client
 * gets to see the answer and can go on using the connection; one that takes too long about it loses the connection.
 */
export function drainLeftovers(req: IncomingMessage, res: ServerResponse): void {
  if (!hasBody(req)) return;
  res.once('finish', () => {
    if (req.complete) return;
    req.resume();
    const patience = setTimeout(() => req.socket.destroy(), patienceMs);
    req.once('close', () => clearTimeout(patience));
    req.once('end', () => clearTimeout(patience));
  });
}
