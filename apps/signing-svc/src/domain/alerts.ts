import type { SignFact } from './facts.ts';

// What people are told: what happened, what it changed, what to do. Ids, never names or addresses.

/** The part of an envelope that an alert names. */
type Named = { readonly id: string; readonly provider: string };

/** A send was interrupted and nobody repeated it. */
export function notSent(envelope: Named): SignFact {
  return alert(
    'warning',
    'envelope-not-sent',
    `The agreement of envelope ${envelope.id} was not sent: the call that sent it was interrupted. Send it again.`,
  );
}

/** The provider was called, did not answer, and cannot be asked. */
export function lostFromSight(envelope: Named): SignFact {
  return alert(
    'warning',
    'envelope-unknown',
    `Whether ${envelope.provider} has envelope ${envelope.id} is not known: it did not answer and cannot be asked. It is asked again until it answers.`,
  );
}

/** An event that contradicts what we know of its envelope. */
export function disagreement(envelope: Named): SignFact {
  return alert(
    'critical',
    'webhook-disagrees',
    `A signed webhook about envelope ${envelope.id} named another deal. It changed nothing. Check who can write to the provider's account.`,
  );
}

/** An event of an envelope or deal that we never sent. */
export function unmatched(source: string): SignFact {
  return alert(
    'warning',
    'webhook-unmatched',
    `A signed ${source} webhook named an envelope or deal that was never sent from here. It changed nothing. Check the provider's webhook settings.`,
  );
}

/** The provider does not know an envelope that its own webhook spoke of. */
export function unconfirmed(envelope: Named): SignFact {
  return alert(
    'warning',
    'webhook-unconfirmed',
    `A webhook about envelope ${envelope.id} could not be confirmed: ${envelope.provider} does not say what became of it. Look it up there.`,
  );
}

/** The provider does not hand over a signed document. */
export function signedDocumentMissing(envelope: Named): SignFact {
  return alert(
    'warning',
    'signed-document-missing',
    `The signed agreement of envelope ${envelope.id} cannot be fetched from ${envelope.provider}. It is tried on; meanwhile the unsigned one is shown.`,
  );
}

/** The provider does not take an envelope back. */
export function notTakenBack(envelope: Named): SignFact {
  return alert(
    'critical',
    'envelope-not-voided',
    `Envelope ${envelope.id} could not be voided at ${envelope.provider} although its deal has ended: it can still be signed. It is tried on; void it there.`,
  );
}

/** An event of another service that could not be taken in. */
export function eventGivenUp({ type, eventId }: { type: string; eventId: string }): SignFact {
  return alert(
    'critical',
    'event-given-up',
    `The event ${type} (${eventId}) could not be taken in by the signing service. It is kept as a dead letter: replay it once the cause is mended.`,
  );
}

/** A signature for an envelope that had ended. */
export function signedAfterEnd(envelope: Named & { readonly state: string }): SignFact {
  return alert(
    'critical',
    'signed-after-end',
    `Envelope ${envelope.id} was signed although it had been ${envelope.state}. The signature is kept; decide what it is worth.`,
  );
}

/** The provider has an envelope after all that we counted as never sent. */
export function sentAfterFailure(envelope: Named): SignFact {
  return alert(
    'critical',
    'sent-after-failure',
    `${envelope.provider} has envelope ${envelope.id}, which it had not taken when it was asked. Check it there, and void it if the deal is out in another one.`,
  );
}

function alert(severity: 'warning' | 'critical', code: string, message: string): SignFact {
  return { type: 'sign.alerted', data: { severity, code, message } };
}
