import { expect, test } from 'vitest';
import { isNode, nodesOf, placeOf, readSources, type Source } from './read-sources.ts';

// The engine in JavaScript: the same on every machine, without a program or Java beside it.
process.env.RECHECK_SYNC_BACKEND = 'pure';
const { checkSync } = await import('recheck');

/** Sources that read nothing a client sent, or read it where taking long harms nobody. */
const elsewhere: readonly RegExp[] = [
  // What the operator, the database or the machine says.
  /^deploy\/|^packages\/local-postgres\/|^apps\/standalone\/|\/(service-|nats-server-)?config\.ts$|\/operator[\w-]*\.ts$|\/(traced-pool|tracing-sdk)\.ts$/,
  // Statements are read in a thread of its own, which is ended when it takes too long.
  /^apps\/documents-svc\/src\/(domain\/statement|reading)\//,
];
/** Where patterns are made of pieces that stand in the same file. */
const composed = ['packages/shared/src/platform/mask.ts'];

type Pattern = { readonly source: string; readonly flags: string; readonly place: string };

function patternsIn(source: Source): Pattern[] {
  return [...nodesOf(source)].flatMap((node) => {
    const regex = node.type === 'Literal' ? (node.regex as { pattern: string; flags: string } | undefined) : undefined;
    return regex === undefined ? [] : [{ source: regex.pattern, flags: regex.flags, place: placeOf(source, node) }];
  });
}

const complexityOf = ({ source, flags }: Pick<Pattern, 'source' | 'flags'>) => {
  const found = checkSync(source, flags, { timeout: 60_000 });
  return found.status === 'safe' ? 'linear' : found.status === 'unknown' ? found.error.kind : found.complexity.summary;
};

const sources = readSources().filter(({ path }) => !elsewhere.some((place) => place.test(path)));

test('the look at regular expressions knows a slow one', () => {
  expect(complexityOf(/^(a+)+$/)).toMatch(/exponential/);
  expect(complexityOf(/\s+$/)).toMatch(/2nd degree polynomial/);
  expect(complexityOf(/^[a-z]+$/)).toBe('linear');
  expect(patternsIn({ path: 'a.ts', text: 'const one = 1;\nif (/^a\\/b$/i.test(text)) two();' })).toEqual([
    { source: '^a\\/b$', flags: 'i', place: 'a.ts:2' },
  ]);
});

test('no regular expression that reads what a client sends can be made slow', { timeout: 120_000 }, () => {
  const patterns = new Map(
    sources.flatMap(patternsIn).map((pattern) => [`/${pattern.source}/${pattern.flags}`, pattern]),
  );
  expect(patterns.size).toBeGreaterThan(80);
  const slow = [...patterns.values()].flatMap((pattern) => {
    const complexity = complexityOf(pattern);
    return complexity === 'linear' ? [] : [`${pattern.place}: ${complexity}`];
  });
  expect(slow).toEqual([]);
});

test('no regular expression is made while the house runs', () => {
  const made = sources.filter((source) =>
    [...nodesOf(source)].some(
      ({ type, callee }) => /^(New|Call)Expression$/.test(type) && isNode(callee) && callee.name === 'RegExp',
    ),
  );
  expect(made.map(({ path }) => path)).toEqual(composed);
});
