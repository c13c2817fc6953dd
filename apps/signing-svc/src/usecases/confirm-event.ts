import { unconfirmed } from '../domain/alerts.ts';
import { type Envelope, recordNews } from '../domain/envelope.ts';
import type { SigningProvider } from '../domain/signing-provider.ts';
import { callProvider } from './call-provider.ts';
import type { EnvelopeDeps } from './deps.ts';

export type ConfirmDeps = EnvelopeDeps & {
  readonly provider: SigningProvider;
  readonly providerTimeoutMs: number;
};

/** After this many tries a person is told, and the event is left as it is. */
const maxAttempts = 12;

/**
 * Asks the provider what became of the envelope that a kept event speaks of, and records what it says. Rejects when the
 * provider does not answer; the event is then tried again, until a person is told.
 */
export async function confirmEvent(
  deps: ConfirmDeps,
  event: { tenantId: string; provider: string; target: string; eventId: string; attempts: number },
): Promise<void> {
  const { tenantId } = event;
  const envelope = await deps.inTenant(tenantId, ({ envelopes }) => envelopes.find(event.target));
  const status = envelope === null ? null : await ask(deps, envelope, event.attempts >= maxAttempts);
  await deps.inTenant(tenantId, async ({ envelopes, webhookEvents }) => {
    const at = deps.clock();
    await webhookEvents.settle(event, at);
    if (envelope === null) return;
    await envelopes.change(envelope.id, (present) =>
      status === null
        ? { envelope: present, facts: [unconfirmed(present)] }
        : recordNews(present, {
            status: status.status,
            eventId: event.eventId,
            at,
            providerEnvelopeId: status.providerEnvelopeId,
          }),
    );
  });
}

async function ask(deps: ConfirmDeps, envelope: Envelope, lastTry: boolean) {
  try {
    if (envelope.provider !== deps.provider.name) throw new Error(`${envelope.provider} is not the provider in use`);
    return await callProvider(deps.providerTimeoutMs, (signal) =>
      envelope.providerEnvelopeId === null
        ? deps.provider.find(envelope.id, signal)
        : deps.provider.state(envelope.providerEnvelopeId, signal),
    );
  } catch (error) {
    if (!lastTry) throw error;
    deps.log.warn({ err: error, envelope_id: envelope.id }, 'gave up asking the signing provider');
    return null;
  }
}
