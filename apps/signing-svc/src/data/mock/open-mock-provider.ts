import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { Sweep } from '../../workers/create-sweep.ts';
import { createCallbacks } from './create-callbacks.ts';
import { createMockProvider, type MockProvider } from './create-mock-provider.ts';
import { type MockEnvelope, openMockLedger } from './ledger.ts';

/** The mock provider as a whole: what we call, what calls us, and its own connection to let go of. */
export function openMockProvider(options: {
  databaseWorkerUrl: string;
  webhookUrl: string;
  docusignWebhookSecrets: readonly string[];
  log: Logger;
  pollMs: number;
  stamp: (envelope: MockEnvelope) => Promise<Buffer>;
}): { provider: MockProvider; callbacks: Sweep; close(): Promise<void> } {
  const { webhookUrl, log, pollMs, stamp } = options;
  const [key] = options.docusignWebhookSecrets;
  if (key === undefined) throw new Error('the mock provider needs a DocuSign webhook secret to sign with');
  const ledger = openMockLedger(options.databaseWorkerUrl);
  const callbacks = createCallbacks({ ledger, webhookUrl, key, log, pollMs });
  const provider = createMockProvider(ledger, { onMove: callbacks.wake, stamp });
  return { provider, callbacks, close: () => ledger.close() };
}
