import { createHmac } from 'node:crypto';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { request } from 'undici';
import { createSweep, type Sweep } from '../../workers/create-sweep.ts';
import type { DueCallback, MockLedger } from './ledger.ts';

export type CallbackOptions = {
  readonly ledger: MockLedger;
  readonly webhookUrl: string;
  /** The Connect key the calls are signed with. */
  readonly key: string;
  readonly log: Logger;
  readonly pollMs: number;
};

const timeoutMs = 10_000;

/**
 * Makes the calls that the mock owes its customer's webhook, signed as DocuSign Connect signs, at least once each: what is
 * not answered with 2xx is called again 1, 2, 4 … seconds after the last call, an hour at most, also after a restart.
 */
export function createCallbacks(options: CallbackOptions): Sweep {
  return createSweep({
    name: 'mock provider callbacks',
    pollMs: options.pollMs,
    log: options.log,
    async step() {
      const due = await options.ledger.takeCallbacks(20);
      await Promise.all(due.map((callback) => deliver(options, callback)));
      return due.length === 20;
    },
  });
}

async function deliver({ ledger, webhookUrl, key, log }: CallbackOptions, callback: DueCallback): Promise<void> {
  const answer = await call(webhookUrl, key, callback.body);
  if (answer.ok) return ledger.delivered(callback.id, answer.text);
  log.warn(
    { callback: callback.id, answer: answer.text, attempts: callback.attempts },
    'the webhook did not take a call',
  );
  return ledger.notDelivered(callback.id, answer.text);
}

async function call(url: string, key: string, body: string): Promise<{ ok: boolean; text: string }> {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-authorization-digest': 'HMACSHA256',
        'x-docusign-signature-1': createHmac('sha256', key).update(body).digest('base64'),
      },
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    await answer.body.dump();
    return { ok: answer.statusCode >= 200 && answer.statusCode < 300, text: `status ${answer.statusCode}` };
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error) };
  }
}
