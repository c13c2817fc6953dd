import type { Logger } from '@uw-wizard/shared/platform/logger';
import { pause, type Worker } from '@uw-wizard/shared/platform/worker';
import type { Message } from '../domain/text.ts';
import { type DeliverTextDeps, deliverText, turnOf } from './send-text.ts';

export type FinishTextsDeps = DeliverTextDeps & {
  store: {
    unfinished(abandonedBefore: Date, limit: number): Promise<Message[]>;
    finish(tenantId: string, id: string, providerMessageId: string, now: Date): Promise<void>;
    recordUnknown(message: Message, error: string, now: Date): Promise<void>;
  };
  /** Runs work that nobody else runs under this name at the same time. */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
  log: Logger;
};

/** How long a call may take before its text counts as left behind, and how long the provider is asked about it. */
const abandonedAfterMs = 60_000;
const givenUpAfterMs = 600_000;

/**
 * Sends our own replies, and finishes texts whose call died on the way: the provider is asked first, so nothing goes out
 * twice. `wake` makes it look at once.
 */
export function createFinisher(deps: FinishTextsDeps): Worker & { wake(): void } {
  let woken = Promise.withResolvers<void>();
  return {
    name: 'sms-svc finishes texts',
    wake: () => woken.resolve(),
    async run(signal) {
      while (!signal.aborted) {
        try {
          await finishTexts(deps);
        } catch (error) {
          deps.log.error({ err: error }, 'texts could not be finished');
        }
        await Promise.race([pause(5_000, signal), woken.promise]);
        woken = Promise.withResolvers<void>();
      }
    },
  };
}

/** One round: replies at once, texts of a call only when the call has had its time. */
export async function finishTexts(deps: FinishTextsDeps): Promise<void> {
  const now = deps.clock();
  for (const message of await deps.store.unfinished(new Date(now.getTime() - abandonedAfterMs), 100)) {
    const ageMs = now.getTime() - message.createdAt.getTime();
    try {
      await deps.exclusively(turnOf(message.number), async () => {
        const providerMessageId = await deliverText(deps, message);
        await deps.store.finish(message.tenantId, message.id, providerMessageId, deps.clock());
      });
    } catch (error) {
      deps.log.warn({ err: error, message_id: message.id }, 'a text could not be finished yet');
      if (ageMs > givenUpAfterMs)
        await deps.store.recordUnknown(message, error instanceof Error ? error.message : String(error), deps.clock());
    }
  }
}
