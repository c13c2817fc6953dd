import type { ProviderStatus } from './signing-provider.ts';

/**
 * Where an envelope stands. `intent`: meant to be sent, the provider not yet called. `sending`: called, not yet answered.
 * `unknown`: called, not answered, and the provider cannot be asked. `failed`: certainly never sent; free to be tried again.
 */
export const envelopeStates = [
  'intent',
  'sending',
  'sent',
  'viewed',
  'signed',
  'declined',
  'voided',
  'unknown',
  'failed',
] as const;
export type EnvelopeState = (typeof envelopeStates)[number];

/** What has happened, in the words of our events. */
export type Happened = 'sent' | 'viewed' | 'signed' | 'declined' | 'voided';

export type Step = {
  readonly state: EnvelopeState;
  readonly happened: readonly Happened[];
  readonly alert?: 'signed-after-end' | 'sent-after-failure';
};

/** Whether an envelope in this state may still be signed, as far as we know: a deal has one such envelope at most. */
export function isOutstanding(state: EnvelopeState): boolean {
  return ['intent', 'sending', 'sent', 'viewed', 'unknown'].includes(state);
}

/** Whether it is open that the provider has the envelope: it must be asked before anything is sent. */
export function isUnsettled(state: EnvelopeState): state is 'intent' | 'sending' | 'unknown' {
  return state === 'intent' || state === 'sending' || state === 'unknown';
}

/**
 * What a provider's news does to an envelope. News come late, twice and in any order, so: a signature always counts, once,
 * and nothing follows it; what has ended is not opened again; what was never known as sent was sent all the same.
 */
export function stepOf(state: EnvelopeState, news: ProviderStatus): Step {
  const stay = { state, happened: [] };
  if (state === 'signed') return stay;
  if (state === 'declined' || state === 'voided') {
    return news === 'signed' ? { state: 'signed', happened: ['signed'], alert: 'signed-after-end' } : stay;
  }
  if (state === 'failed') {
    // The deal may be out in another envelope by now, so this one is not outstanding again; a person has to look.
    return news === 'signed'
      ? { state: 'signed', happened: ['sent', 'signed'], alert: 'sent-after-failure' }
      : { ...stay, alert: 'sent-after-failure' };
  }
  const first: readonly Happened[] = isUnsettled(state) ? ['sent'] : [];
  if (news === 'sent') return isUnsettled(state) ? { state: 'sent', happened: first } : stay;
  if (news === 'viewed' && state === 'viewed') return stay;
  return { state: news, happened: [...first, news] };
}
