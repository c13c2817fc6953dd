import { DomainError } from '@uw-wizard/shared/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canMove, DEAL_STATUSES, type DealStatus, isUnfinished, moveTo } from './deal-status.ts';

const LEGAL = [
  'open>offer',
  'offer>offer',
  'offer>accepted',
  'accepted>signed',
  'signed>closed',
  'open>declined',
  'offer>declined',
  'accepted>declined',
];
const anyStatus = fc.constantFrom(...DEAL_STATUSES);

describe('the status of a deal', () => {
  test('every pair of statuses is either one of the eight legal moves or refused by name', () => {
    const legal = DEAL_STATUSES.flatMap((from) =>
      DEAL_STATUSES.filter((to) => canMove(from, to)).map((to) => `${from}>${to}`),
    );
    expect(legal.toSorted()).toEqual(LEGAL.toSorted());
    fc.assert(
      fc.property(anyStatus, anyStatus, (from, to) => {
        if (LEGAL.includes(`${from}>${to}`)) {
          expect(moveTo(from, to)).toBe(to);
          return;
        }
        try {
          moveTo(from, to);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          expect(error.kind.code).toBe('illegal-transition');
          expect(error.message).toContain(`from ${from} to ${to}`);
          return;
        }
        expect.unreachable(`${from} to ${to} must be refused`);
      }),
    );
  });

  test('no walk of legal moves comes back from declined or closed, or from accepted to offer', () => {
    fc.assert(
      fc.property(fc.array(anyStatus, { maxLength: 30 }), (wishes) => {
        const walk: DealStatus[] = ['open'];
        for (const wish of wishes) {
          if (canMove(walk.at(-1) ?? 'open', wish)) walk.push(wish);
        }
        const accepted = walk.indexOf('accepted');
        if (accepted >= 0) expect(walk.slice(accepted)).not.toContain('offer');
        const end = walk.findIndex((status) => status === 'declined' || status === 'closed');
        if (end >= 0) expect(end).toBe(walk.length - 1);
      }),
    );
  });

  test('only open, offer and accepted count as unfinished', () => {
    expect(DEAL_STATUSES.filter(isUnfinished)).toEqual(['open', 'offer', 'accepted']);
  });
});
