import { DomainError } from '@uw-wizard/shared/errors';
import { NOT_FOUND } from '@uw-wizard/shared/platform/problem';
import { ENVELOPE_ENDED, envelopeNotFound } from '../domain/errors.ts';
import type { ProviderStatus } from '../domain/signing-provider.ts';
import type { EnvelopeDeps } from './deps.ts';

export type MockAction = 'view' | 'sign' | 'decline';

export type MoveMockDeps = Pick<EnvelopeDeps, 'look'> & {
  /** The mock provider, when it is the one in use. */
  readonly mock: {
    readonly name: string;
    act(providerEnvelopeId: string, action: MockAction): Promise<{ status: ProviderStatus; ended: boolean }>;
  } | null;
};

/**
 * Does with the mock's envelope what its recipient would do; the mock then calls the webhook. `id` is ours or the
 * provider's. Throws `not-found` when another provider is in use, `envelope-not-found`, `envelope-ended`.
 */
export async function moveMockEnvelope(
  deps: MoveMockDeps,
  input: { tenantId: string; id: string; action: MockAction },
): Promise<{ envelopeId: string; status: ProviderStatus }> {
  const { mock } = deps;
  if (mock === null) throw new DomainError(NOT_FOUND, 'These calls exist only with the mock signing provider.');
  const envelope = await deps.look(input.tenantId, ({ envelopes }) => envelopes.findByEitherId(input.id));
  if (envelope === null || envelope.provider !== mock.name || envelope.providerEnvelopeId === null) {
    throw envelopeNotFound(input.id);
  }
  const { status, ended } = await mock.act(envelope.providerEnvelopeId, input.action);
  if (ended) throw new DomainError(ENVELOPE_ENDED, `The mock's envelope is ${status} and cannot be moved any more.`);
  return { envelopeId: envelope.id, status };
}
