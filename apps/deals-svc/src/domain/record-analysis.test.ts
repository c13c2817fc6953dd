import { describe, expect, test } from 'vitest';
import { ANALYSIS, NOW, offered, SET_1, SET_2, started, withStatements } from './deal.fixtures.ts';
import { recordAnalysis } from './record-analysis.ts';

describe('statement figures', () => {
  test('arriving move nothing, supersede offers of an older set, and arrive once', () => {
    const { deal } = offered();
    const given = { statementSetId: SET_2, analysis: ANALYSIS, reconciled: null, now: NOW };
    const first = recordAnalysis(deal, given);
    expect(first.deal).toMatchObject({ status: 'offer', statementSetId: SET_2, avgMonthlyRevenueCents: 60_000_00 });
    expect([first.supersedesOffers, first.facts]).toEqual([true, []]);
    const again = recordAnalysis(first.deal, given);
    expect([again.deal, again.supersedesOffers]).toEqual([first.deal, false]);
    const reconciled = recordAnalysis(first.deal, { ...given, reconciled: true });
    expect([reconciled.deal.statementsReconciled, reconciled.supersedesOffers]).toEqual([true, false]);
  });

  test('of a set that was already replaced are overtaken news', () => {
    const deal = withStatements(started(), SET_2);
    const late = recordAnalysis(deal, { statementSetId: SET_1, analysis: ANALYSIS, reconciled: true, now: NOW });
    expect(late.deal).toBe(deal);
    expect(late.supersedesOffers).toBe(false);
  });
});
