import type { ServerResponse } from 'node:http';
import type { StoredAnswer } from '../idempotency/store.ts';
import type { AnswerHeaders } from './answer-headers.ts';
import type { Call } from './call.ts';

const smallBytes = 16 * 1024;

/** Sends an answer as it is, byte for byte. A client that has gone is not an error. */
export function sendAnswer(res: ServerResponse, call: Call, answer: StoredAnswer, answerHeaders: AnswerHeaders): void {
  if (res.destroyed || res.headersSent) return;
  const { status, headers, body } = answer;
  const sent = answerHeaders(call, headers);
  if (headers['cache-control'] === undefined) sent.push('Cache-Control', 'no-store');
  for (const name of Object.keys(headers)) sent.push(name, headers[name] ?? '');
  for (const cookie of call.setCookies ?? []) sent.push('Set-Cookie', cookie);
  const bodiless = status === 204 || status === 304 || call.method === 'HEAD';
  if (!bodiless) sent.push('Content-Length', String(body.length));
  res.writeHead(status, sent);
  if (bodiless) res.end();
  // A small body goes out in one piece with the head when it is a string: latin1 is its bytes, one by one.
  else if (body.length <= smallBytes) res.end(body.toString('latin1'), 'latin1');
  else res.end(body);
}
