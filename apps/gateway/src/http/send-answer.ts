import type { Response } from 'express';
import type { StoredAnswer } from '../idempotency/store.ts';

/** Sends an answer as it is, byte for byte. A client that has gone is not an error. */
export function sendAnswer(res: Response, answer: StoredAnswer): void {
  if (res.destroyed || res.headersSent) return;
  res.statusCode = answer.status;
  res.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value);
  const bodiless = answer.status === 204 || answer.status === 304 || res.req.method === 'HEAD';
  if (!bodiless) res.setHeader('Content-Length', answer.body.length);
  res.end(bodiless ? undefined : answer.body);
}
