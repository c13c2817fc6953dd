import { v7 as uuidv7 } from 'uuid';
import {
  type ProviderEnvelope,
  ProviderRefused,
  type ProviderStatus,
  type SigningProvider,
} from '../src/domain/signing-provider.ts';

/** How the company behaves at the next call: `lost` takes the envelope and never answers, `hung` never answers at all. */
type Mood = 'well' | 'refuses' | 'lost' | 'hung' | 'away';

/** A signing company that a test can put into any mood. Its ledger outlives the services that call it. */
export function createFakeProvider(name = 'docusign') {
  const ledger = new Map<string, ProviderEnvelope>();
  const moods = {
    send: 'well' as Mood,
    find: 'well' as Mood,
    state: 'well' as Mood,
    void: 'well' as Mood,
    signedDocument: 'well' as Mood,
  };
  const calls: string[] = [];

  function behave(call: keyof typeof moods): void {
    calls.push(call);
    if (moods[call] === 'refuses') throw new ProviderRefused('not this one');
    if (moods[call] === 'away') throw new Error('connection refused');
  }
  const never = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

  const provider: SigningProvider = {
    name,
    async send({ reference }, signal) {
      behave('send');
      if (moods.send === 'hung') return never(signal);
      const envelope = { providerEnvelopeId: `${name}-${uuidv7()}`, reference, status: 'sent' as ProviderStatus };
      ledger.set(envelope.providerEnvelopeId, envelope);
      return moods.send === 'lost' ? never(signal) : envelope;
    },
    async find(reference) {
      behave('find');
      return [...ledger.values()].find((envelope) => envelope.reference === reference) ?? null;
    },
    async state(id) {
      behave('state');
      return ledger.get(id) ?? null;
    },
    async void(id) {
      behave('void');
      const found = ledger.get(id);
      if (found === undefined || found.status === 'signed') throw new ProviderRefused('it has ended');
      ledger.set(id, { ...found, status: 'voided' });
    },
    async signedDocument() {
      behave('signedDocument');
      return null;
    },
  };
  return {
    provider,
    ledger,
    moods,
    calls,
    /** Moves an envelope as its recipient would. */
    move(id: string, status: ProviderStatus) {
      const found = ledger.get(id);
      if (found === undefined) throw new Error(`the company has no envelope ${id}`);
      ledger.set(id, { ...found, status });
    },
  };
}
