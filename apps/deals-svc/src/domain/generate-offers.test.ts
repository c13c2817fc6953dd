import { offerSchema } from '@uw-wizard/shared/contracts/offer';
import { describe, expect, test } from 'vitest';
import {
  accepting,
  codeOf,
  merchantOf,
  NOW,
  OFFER_IDS,
  offered,
  started,
  typesOf,
  withStatements,
} from './deal.fixtures.ts';
import type { Deal } from './deal.ts';
import { generateOffers } from './generate-offers.ts';
import { wireOffer } from './offer.ts';
import { POLICY_2026_11 as policy } from './pricing/policy-2026-11.ts';

describe('making offers', () => {
  const generate = (deal: Deal, merchant = merchantOf()) =>
    generateOffers(deal, { merchant, policy, offerIds: OFFER_IDS, now: NOW });

  test('an underwritten deal gets three offers, moves to offer and announces both', () => {
    const made = generate(withStatements());
    if (made.outcome.blocked) throw new Error(made.outcome.reason);
    expect(made.deal).toMatchObject({ status: 'offer', offersGeneratedAt: NOW });
    expect(typesOf(made)).toEqual(['offer.generated', 'deal.status_changed']);
    expect(made.facts[0]).toMatchObject({
      data: { count: 3, recommended_offer_id: OFFER_IDS[1], policy_version: '2026-11' },
    });
    for (const offer of made.outcome.offers) offerSchema.strict().parse(wireOffer(offer));
    expect(wireOffer(made.outcome.offers[1] ?? expect.unreachable())).toMatchObject({
      offer_id: OFFER_IDS[1],
      factor_rate: 1.21,
      expires_at: '2026-12-05T12:00:00.000Z',
    });
  });

  test('offers may be made anew until one is accepted, without another change of status', () => {
    const again = generate(offered().deal);
    expect(typesOf(again)).toEqual(['offer.generated']);
    expect(codeOf(() => generate(accepting().deal))).toBe('illegal-transition');
  });

  test('a blocked deal stays where it is and announces nothing', () => {
    const blocked = generate(started());
    expect(blocked.outcome).toMatchObject({ blocked: true, reason: 'statements-missing' });
    expect([blocked.deal.status, blocked.facts]).toEqual(['open', []]);
  });
});
