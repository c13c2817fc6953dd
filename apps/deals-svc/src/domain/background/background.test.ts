import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RESTRICTED_INDUSTRIES } from '../restricted-industries.ts';
import {
  isSameOwner,
  PRIOR_DECLINE_DAYS,
  priorDeclinesCheck,
  restrictedIndustryCheck,
  sameEinCheck,
  sameOwnerCheck,
  sanctionsCheck,
} from './checks.ts';
import { backgroundPolicy, CHECKS, type CheckResult, evaluateBackground, wireCheck } from './evaluate.ts';
import { matchSanctions, searchable } from './match-sanctions.ts';
import { parseSdn } from './parse-sdn.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const LIST_DATE = new Date('2026-11-01T00:00:00Z');
const NONE = ' -0- ,-0- ,-0- ,-0- ,-0- ,-0- ';
// Invented entries in the layout of the Treasury's files, down to the trailing spaces and the end-of-file character.
const SDN = [
  `101,"VORONIN, Grigor Alexandrovich","individual","SDGT","Director",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 01 Jan 1960."`,
  `102,"SILVER HERON SHIPPING CO., LTD.",-0- ,"IRAN] [SDGT",-0- ,${NONE},"a.k.a. ""S.H.S."""`,
  `103,"OCEAN PEARL","vessel","DPRK",-0- ,"XYZ1","Cargo","1,000","500","None","None",-0- `,
  `104,"MENDEZ ARROYO, Ramiro","individual","SDNTK",-0- ,${NONE},-0- `,
  `105,"AL-TARIQI, Samir","individual","SDGT",-0- ,${NONE},-0- `,
  '\u001a',
].join('\r\n');
const ALT = '102,1,"aka","GRAY CRANE LOGISTICS",-0- \r\n101,2,"fka","PETROV, Igor",-0- \r\n\u001a';
const list = searchable(parseSdn({ sdn: SDN, alt: ALT }, LIST_DATE));
const entriesFor = (name: string): string[] => matchSanctions(list, [name]).map(({ entry }) => entry.entNum);

describe('reading a sanctions list', () => {
  test('entries, programs, types and other names are joined; the empty mark is nothing', () => {
    expect(list.entries.map(({ entNum, type, programs }) => [entNum, type, programs])).toEqual([
      ['101', 'individual', ['SDGT']],
      ['102', 'entity', ['IRAN', 'SDGT']],
      ['103', 'vessel', ['DPRK']],
      ['104', 'individual', ['SDNTK']],
      ['105', 'individual', ['SDGT']],
    ]);
    expect(list.entries[1]?.names.map(({ name }) => name)).toEqual([
      'SILVER HERON SHIPPING CO., LTD.',
      'GRAY CRANE LOGISTICS',
    ]);
  });

  test.each([
    ['an empty file', ''],
    ['a web page', '<html>Not here</html>'],
    ['a file with a header', `ent_num,SDN_Name,a,b,c,d,e,f,g,h,i,j\n${SDN}`],
    ['a row cut short', '101,"VORONIN, Grigor"'],
    ['an open quote', '101,"VORONIN'],
  ])('%s is no list, so that nobody passes against it', (_case, sdn) => {
    expect(() => parseSdn({ sdn }, LIST_DATE)).toThrow('sdn.csv');
  });
});

describe('looking a name up on a sanctions list', () => {
  test.each([
    ['Grigor Voronin', '101'],
    ['Voronin, Grigor Alexandrovich', '101'],
    ['GRIGÓR  VORONIN', '101'],
    ['Grigor Voronyn', '101'],
    ['Igor Petrov', '101'],
    ['Silver Heron Shipping LLC', '102'],
    ['Heron Silver Shipping', '102'],
    ['Gray Crane Logistics, Inc.', '102'],
    ['Ocean Pearl', '103'],
    ['Ramiro Mendez', '104'],
    ['Samir Tariqi', '105'],
  ])('%s is found', (name, entNum) => {
    expect(entriesFor(name)).toEqual([entNum]);
  });

  test.each([
    'Grigor',
    'Voronin Bakery LLC',
    'Maria Voronin',
    'Grigor Alexandrovich',
    'Alexandrovich Voronin',
    'Ocean Pearl Pearl',
    'Silver Spoon Catering LLC',
    'Blue Heron Shipping Supplies Inc',
    'Pearl Ocean Nail Salon',
    'Samir Al',
    'Acme Diner LLC',
    '!!!',
    '',
  ])('%s is not', (name) => {
    expect(entriesFor(name)).toEqual([]);
  });

  test('every listed name is found as it stands, in whatever order of words and case', () => {
    const names = list.entries.flatMap((entry) => entry.names.map(({ name }) => ({ name, entNum: entry.entNum })));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.boolean(), fc.boolean(), ({ name, entNum }, lower, reverse) => {
        const words = name.replace(',', '').split(' ');
        const said = (reverse ? words.toReversed() : words).join(' ');
        expect(entriesFor(lower ? said.toLowerCase() : said)).toContain(entNum);
      }),
    );
  });

  test('a likeness is between 0 and 1 and best comes first', () => {
    const scores = matchSanctions(list, ['Grigor Voronyn', 'Ocean Pearl'], 0).map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  });
});

describe('the checks', () => {
  test('the sanctions check names the list and its date, and is not run without one', () => {
    expect(sanctionsCheck(list, ['Acme Diner LLC', null, ' '])).toMatchObject({ result: 'pass', asOf: LIST_DATE });
    expect(sanctionsCheck(list, ['Acme Diner LLC', 'Ramiro Mendez'])).toEqual({
      check: 'sanctions',
      result: 'flag',
      detail:
        'May be on the OFAC SDN list of 2026-11-01, 5 entries: MENDEZ ARROYO, Ramiro (entry 104, SDNTK, likeness 1.00).',
      asOf: LIST_DATE,
    });
    expect(sanctionsCheck(null, ['Acme']).result).toBe('not_checked');
    expect(sanctionsCheck(list, [null]).result).toBe('not_checked');
  });

  test('an EIN on another merchant flags, one that is unknown was not checked', () => {
    const elsewhere = [{ dealId: 'd2', merchantId: 'm2' }];
    expect(sameEinCheck('12-3456789', elsewhere, NOW)).toMatchObject({ result: 'flag', asOf: NOW });
    expect(sameEinCheck('12-3456789', [], NOW).result).toBe('pass');
    expect(sameEinCheck(null, [], NOW)).toMatchObject({ result: 'not_checked', asOf: null });
  });

  test('an owner is the same by name and one more mark; a name or a mailbox alone is not a person', () => {
    const zoe = { ownerName: 'Zoë Nuñez', ownerEmail: 'zoe@acme.test', ownerPhone: null, ownerSsnLast4: '1234' };
    const nobody = { ownerName: null, ownerEmail: null, ownerPhone: null, ownerSsnLast4: null };
    expect(isSameOwner(zoe, { ...nobody, ownerName: 'NUNEZ, Zoe', ownerEmail: 'ZOE@acme.test' })).toBe(true);
    expect(isSameOwner(zoe, { ...nobody, ownerName: 'Zoe Nunez', ownerSsnLast4: '1234' })).toBe(true);
    expect(isSameOwner(zoe, { ...nobody, ownerName: 'Zoe Nunez' })).toBe(false);
    expect(isSameOwner(zoe, { ...zoe, ownerName: 'Ana Nunez' })).toBe(false);
    const others = [{ ...zoe, dealId: 'd2', merchantId: 'm2' }];
    expect(sameOwnerCheck(zoe, others, NOW)).toMatchObject({ result: 'flag' });
    expect(sameOwnerCheck(zoe, others, NOW).detail).not.toContain('zoe@');
    expect(sameOwnerCheck({ ...nobody, ownerName: 'Zoe Nunez' }, others, NOW).result).toBe('not_checked');
    expect(sameOwnerCheck({ ...zoe, ownerName: null }, others, NOW).result).toBe('not_checked');
  });

  test('a decline counts for a year', () => {
    const before = (days: number) => [{ dealId: 'd0', declinedAt: new Date(NOW.getTime() - days * 86_400_000) }];
    expect(priorDeclinesCheck(before(PRIOR_DECLINE_DAYS), NOW).result).toBe('flag');
    expect(priorDeclinesCheck(before(PRIOR_DECLINE_DAYS + 1), NOW).result).toBe('pass');
    expect(priorDeclinesCheck([], NOW).result).toBe('pass');
  });

  test.each([
    ['722511', 'Acme Diner LLC', null, 'pass'],
    ['713210', 'Acme Entertainment LLC', null, 'flag'],
    [null, "Lucky's Bail Bonds", null, 'flag'],
    ['445320', 'Green Leaf LLC', 'Green Leaf Dispensary', 'flag'],
    [null, 'Spawn Studios', null, 'pass'],
    [null, 'Crypton Roofing', null, 'pass'],
  ] as const)('NAICS %s, "%s" doing business as "%s": %s', (industryNaics, legalName, dba, result) => {
    expect(restrictedIndustryCheck(RESTRICTED_INDUSTRIES, { industryNaics, legalName, dba }, NOW).result).toBe(result);
  });
});

describe('what the checks come to', () => {
  const passing = (check: CheckResult['check']): CheckResult => ({ check, result: 'pass', detail: 'Fine.', asOf: NOW });

  test('all passed is OK; one flag is FLAGGED with its reason', () => {
    const policy = backgroundPolicy({ mockMode: false });
    expect(evaluateBackground(CHECKS.map(passing), policy)).toMatchObject({ status: 'OK', reasons: [] });
    const flagged = CHECKS.map(
      (check) => ({ ...passing(check), result: check === 'prior_declines' ? 'flag' : 'pass' }) as const,
    );
    expect(evaluateBackground(flagged, policy)).toMatchObject({
      status: 'FLAGGED',
      reasons: [{ code: 'prior-declines', detail: 'Fine.' }],
    });
  });

  test('a check nobody ran leaves OK where it is not required, and flags where it is', () => {
    const results = [sanctionsCheck(null, ['Acme']), ...CHECKS.slice(1).map(passing)];
    expect(evaluateBackground(results, backgroundPolicy({ mockMode: true })).status).toBe('OK');
    const strict = evaluateBackground(results, backgroundPolicy({ mockMode: false }));
    expect(strict.status).toBe('FLAGGED');
    expect(strict.reasons.map(({ code }) => code)).toEqual(['check-not-run']);
  });

  test('a required check that is not even among the results was not run', () => {
    const outcome = evaluateBackground(CHECKS.slice(1).map(passing), backgroundPolicy({ mockMode: false }));
    expect(outcome.reasons.map(({ code }) => code)).toEqual(['check-not-run']);
    expect(outcome.checks.find(({ check }) => check === 'sanctions')?.result).toBe('not_checked');
  });

  test('whatever the results, it is OK exactly when there is no reason, and every check stays visible', () => {
    const anyResult = fc.constantFrom('pass' as const, 'flag' as const, 'not_checked' as const);
    fc.assert(
      fc.property(
        fc.array(anyResult, { minLength: 5, maxLength: 5 }),
        fc.subarray([...CHECKS]),
        (results, required) => {
          const checks = CHECKS.map((check, at) => ({ ...passing(check), result: results[at] ?? ('pass' as const) }));
          const outcome = evaluateBackground(checks, { requiredChecks: required });
          const stands = checks.some(
            ({ check, result }) => result === 'flag' || (result === 'not_checked' && required.includes(check)),
          );
          expect(outcome.status).toBe(stands ? 'FLAGGED' : 'OK');
          expect(outcome.reasons.length > 0).toBe(stands);
          expect(outcome.checks).toEqual(checks);
        },
      ),
    );
  });

  test('a check goes out in the words of the wire', () => {
    expect(wireCheck(passing('sanctions'))).toEqual({
      check: 'sanctions',
      result: 'pass',
      detail: 'Fine.',
      as_of: '2026-11-21T12:00:00.000Z',
    });
    expect(wireCheck(sanctionsCheck(null, [])).as_of).toBeNull();
  });
});
