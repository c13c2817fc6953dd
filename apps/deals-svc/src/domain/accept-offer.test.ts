import { describe, expect, test } from 'vitest';
import { accepting, codeOf, ENVELOPE, NOW, OFFER_IDS, offered, SET_2, started, typesOf } from './deal.fixtures.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('accepting an offer', () => {
  test('the recommended offer is accepted by default, and its terms, grade and commission are kept', () => {
    const change = accepting();
    expect(change.offer.id).toBe(OFFER_IDS[1]);
    expect(change.deal).toMatchObject({
      status: 'accepted',
      acceptedOfferId: OFFER_IDS[1],
      paperGrade: 'A',
      acceptedAt: NOW,
    });
    expect(change.deal.acceptedTerms).toEqual(change.offer);
    expect(change.deal.commissionCents).toBe(change.offer.commissionCents);
    expect(typesOf(change)).toEqual(['offer.accepted', 'deal.status_changed']);
  });

  test('accepting the same offer again is the same answer, even after it expired; another is refused', () => {
    const from = { deal: accepting().deal, offers: offered().offers };
    const late = new Date(NOW.getTime() + 60 * DAY_MS);
    for (const offerId of [null, OFFER_IDS[1]]) {
      const again = accepting({ offerId, now: late }, from);
      expect([again.deal, again.facts, again.offer.id]).toEqual([from.deal, [], OFFER_IDS[1]]);
    }
    expect(codeOf(() => accepting({ offerId: OFFER_IDS[0] }, from))).toBe('illegal-transition');
  });

  test('no offers, an unknown one, an expired one and a superseded one are each refused by their own code', () => {
    const { deal, offers } = offered();
    const lastMoment = new Date(NOW.getTime() + 14 * DAY_MS - 1);
    const replaced = offers.map((offer) => ({ ...offer, supersededAt: NOW }));
    expect(codeOf(() => accepting({}, { deal: started(), offers: [] }))).toBe('offer-missing');
    expect(codeOf(() => accepting({ offerId: ENVELOPE }))).toBe('offer-not-found');
    expect(codeOf(() => accepting({ now: new Date(lastMoment.getTime() + 1) }))).toBe('offer-expired');
    expect(accepting({ now: lastMoment }).deal.status).toBe('accepted');
    expect(codeOf(() => accepting({ currentStatementSetId: SET_2 }))).toBe('offer-superseded');
    expect(codeOf(() => accepting({}, { deal, offers: replaced }))).toBe('offer-superseded');
    expect(codeOf(() => accepting({ offerId: OFFER_IDS[0] }, { deal, offers: replaced }))).toBe('offer-superseded');
  });

  test('a deal that is over accepts nothing', () => {
    const { deal, offers } = offered();
    for (const status of ['signed', 'declined', 'closed'] as const) {
      for (const offerId of [null, OFFER_IDS[1]]) {
        expect(codeOf(() => accepting({ offerId }, { deal: { ...deal, status }, offers }))).toBe('illegal-transition');
      }
    }
  });
});
