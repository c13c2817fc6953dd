import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BackgroundOutcome } from './background/evaluate.ts';
import { accepting, codeOf, ENVELOPE, NOW, SET_1, started, typesOf } from './deal.fixtures.ts';
import type { Deal } from './deal.ts';
import { DEAL_STATUSES, type DealStatus } from './deal-status.ts';
import { recordBackground } from './record-background.ts';
import { markSent, markSigned, releaseEnvelope, reserveSignature, signatureGate } from './sign-deal.ts';

const OK: BackgroundOutcome = { status: 'OK', reasons: [], checks: [] };
const FLAGGED: BackgroundOutcome = { ...OK, status: 'FLAGGED', reasons: [{ code: 'prior-declines', detail: 'One.' }] };

describe('background and signature', () => {
  const accepted = (outcome?: BackgroundOutcome): Deal => {
    const { deal } = accepting();
    return outcome ? recordBackground(deal, outcome, NOW).deal : deal;
  };

  test('background results never change the status of a deal, whatever it is', () => {
    fc.assert(
      fc.property(fc.constantFrom<DealStatus>(...DEAL_STATUSES), fc.constantFrom(OK, FLAGGED), (status, outcome) => {
        const change = recordBackground({ ...started(), status }, outcome, NOW);
        expect(change.deal).toMatchObject({ status, backgroundStatus: outcome.status, backgroundRunAt: NOW });
        expect(typesOf(change)).toEqual(['background.result']);
      }),
    );
  });

  test('the gate asks for acceptance first, then for checks, then for a clean result', () => {
    const gate = (deal: Deal, force = false) => codeOf(() => signatureGate(deal, { force }));
    expect(gate(started())).toBe('deal-not-accepted');
    expect(gate(accepted())).toBe('background-missing');
    expect(gate(accepted(FLAGGED))).toBe('background-not-ok');
    expect(gate(accepted(OK))).toBe('nothing was refused');
  });

  test('force overrides the checks and says which, but never the acceptance', () => {
    const overridden = (deal: Deal) => signatureGate(deal, { force: true }).overridden;
    expect(codeOf(() => overridden(started()))).toBe('deal-not-accepted');
    expect(overridden(accepted())).toEqual(['background-missing']);
    expect(overridden(accepted(FLAGGED))).toEqual(['background-not-ok']);
    expect(overridden(accepted(OK))).toEqual([]);
  });

  test('one envelope holds a deal until it is released; the same one again changes nothing', () => {
    const reserve = (deal: Deal, envelopeId = ENVELOPE) =>
      reserveSignature(deal, { envelopeId, force: false, now: NOW });
    const held = reserve(accepted(OK)).deal;
    expect(held.envelopeId).toBe(ENVELOPE);
    expect(reserve(held).deal).toBe(held);
    expect(codeOf(() => reserve(held, SET_1))).toBe('envelope-outstanding');
    expect(releaseEnvelope(held, { envelopeId: SET_1, now: NOW }).deal).toBe(held);
    const released = releaseEnvelope(held, { envelopeId: ENVELOPE, now: NOW }).deal;
    expect(reserve(released, SET_1).deal).toMatchObject({ envelopeId: SET_1, status: 'accepted' });
  });

  test('sending is noted once, and only for the envelope that holds the deal', () => {
    const held = reserveSignature(accepted(OK), { envelopeId: ENVELOPE, force: false, now: NOW }).deal;
    const sent = markSent(held, { envelopeId: ENVELOPE, sentAt: NOW, now: NOW }).deal;
    expect(sent.signatureSentAt).toEqual(NOW);
    expect(markSent(sent, { envelopeId: ENVELOPE, sentAt: NOW, now: NOW }).deal).toBe(sent);
    expect(markSent(held, { envelopeId: SET_1, sentAt: NOW, now: NOW }).deal).toBe(held);
  });

  test('a signed agreement signs an accepted deal once, and no other', () => {
    const signed = markSigned(accepted(OK), { signedAt: NOW, now: NOW });
    expect(signed.deal).toMatchObject({ status: 'signed', signedAt: NOW });
    expect(typesOf(signed)).toEqual(['deal.status_changed']);
    expect(markSigned(signed.deal, { signedAt: NOW, now: NOW })).toEqual({ deal: signed.deal, facts: [] });
    for (const status of ['open', 'offer', 'declined', 'closed'] as const) {
      expect(codeOf(() => markSigned({ ...started(), status }, { signedAt: NOW, now: NOW }))).toBe(
        'illegal-transition',
      );
    }
  });
});
