import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { likeness, prepareName, wordsOf } from './listed-name.ts';
import { matchSanctions, type SanctionsEntry, type SanctionsList, searchable } from './match-sanctions.ts';

/** The search without any short cut: every name of the list is compared. */
function matchOneByOne(list: SanctionsList, name: string, threshold: number) {
  const matches = [];
  for (const entry of list.entries) {
    let best = null;
    for (const listed of entry.names) {
      const score = likeness(wordsOf(name), listed);
      if (score >= threshold && score > (best?.score ?? 0)) best = { name, entry, matchedName: listed.name, score };
    }
    if (best !== null) matches.push(best);
  }
  return matches.toSorted((a, b) => b.score - a.score);
}

// Words that are often the same, or the same but for a letter or two, short and long.
const whole = fc.constantFrom('al', 'maria', 'voronin', 'alexander', 'alexandrov', 'international', 'nordtransport');
const word = fc.oneof(
  whole,
  fc
    .tuple(whole, fc.nat(12), fc.constantFrom('', 'x', 'xy'))
    .map(([word, at, instead]) => word.slice(0, at) + instead + word.slice(at + 1) || word),
  fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 12 }),
);
const said = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
// Also those that words of 7, 9 and 13 letters with one wrong letter just reach.
const threshold = fc.constantFrom(0, 0.5, 0.7, 1 - 1 / 7, 0.88, 1 - 1 / 9, 1 - 1 / 13, 1);
const listed = fc.oneof(
  said.map((name) => prepareName(name, false)),
  fc.tuple(said, said).map(([family, given]) => prepareName(`${family.toUpperCase()}, ${given}`, true)),
);
const list = fc.array(fc.array(listed, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 15 }).map(
  (entries): SanctionsList => ({
    asOf: new Date('2026-11-01T00:00:00Z'),
    entries: entries.map((names, at): SanctionsEntry => ({ entNum: `${at}`, type: 'entity', programs: [], names })),
  }),
);

describe('searching a sanctions list by its words', () => {
  test('whatever the list, the name and the threshold, it finds what comparing with every name finds', () => {
    fc.assert(
      fc.property(list, said, threshold, (list, name, threshold) => {
        expect(matchSanctions(searchable(list), [name], threshold)).toEqual(matchOneByOne(list, name, threshold));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a name that just reaches the threshold is found, whatever its length and however many letters are wrong', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 4, maxLength: 24 });
    fc.assert(
      fc.property(letters, fc.integer({ min: 1, max: 5 }), fc.boolean(), (name, wrong, isShorter) => {
        const said = (isShorter ? '' : 'x'.repeat(wrong)) + name.slice(wrong);
        const list = {
          asOf: new Date(0),
          entries: [{ entNum: '1', type: 'entity', programs: [], names: [prepareName(name, false)] }],
        };
        const [found] = matchOneByOne(list, said, 0.001);
        if (found !== undefined) expect(matchSanctions(searchable(list), [said], found.score)).toEqual([found]);
      }),
      { numRuns: 500 },
    );
  });

  test('names of one wrong letter, or one letter less, in each of their words are found', () => {
    const entry = {
      entNum: '1',
      type: 'entity',
      programs: [],
      names: [prepareName('Petrochemical Nordtransport', false)],
    };
    const ready = searchable({ asOf: new Date(0), entries: [entry] });
    for (const name of ['Petrochemikal Nordtransbort', 'Petrochmical Nordtransprt', 'Petrochemicall Nordtranssport']) {
      expect(matchSanctions(ready, [name])).toMatchObject([{ entry: { entNum: '1' } }]);
    }
  });
});
