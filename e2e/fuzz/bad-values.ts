import type { Random } from '@uw-wizard/testkit/statements/random';

/** Texts that have broken other programs: controls, other alphabets, markup, paths, numbers that are none. */
export const badTexts: readonly [string, ...string[]] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udc00x',
  '\u202Egnp.exe',
  '\ufeff',
  '\u2028\u2029',
  '🦈'.repeat(50),
  'é'.normalize('NFD'),
  'İıſK',
  'ﷺ'.repeat(20),
  '../../../../etc/passwd',
  '..\\..\\windows',
  '/dev/null',
  "' OR 1=1 --",
  '"; DROP TABLE deals; --',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '$' + '{7*7}',
  '%00',
  '%n%s%x',
  '\r\nX-Injected: yes',
  'null',
  'undefined',
  'NaN',
  'true',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '-1',
  '0x10',
  '1e309',
  '9007199254740993',
  '99999999999999999999999999',
  '0001-01-01',
  '2024-02-30',
  '9999-12-31T23:59:60Z',
  '-271821-04-20T00:00:00Z',
  '+1'.padEnd(30, '5'),
  `a@${'b'.repeat(250)}.com`,
  `${'a'.repeat(40)}!`,
  '0'.repeat(400),
  'x'.repeat(10_000),
];

const badNumbers: readonly [unknown, ...unknown[]] = [
  0,
  -0,
  -1,
  0.1,
  1e21,
  1e308,
  -1e308,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 2,
  -Number.MAX_SAFE_INTEGER - 2,
  2_147_483_648,
  -2_147_483_649,
  2 ** 63,
  5e-324,
];

/** A text: one that has broken others, or drawn letter by letter from all of Unicode. */
export function badText(random: Random): string {
  if (random.next() < 0.7) return random.pick(badTexts);
  const letters = Array.from({ length: random.between(1, 60) }, () => {
    const point = random.pick([
      random.between(0, 0x7f),
      random.between(0, 0xffff),
      random.between(0x1_0000, 0x10_ffff),
    ]);
    return String.fromCodePoint(point);
  });
  return letters.join('');
}

/** A value of any type JSON has, seldom the one that is asked for. */
export function badValue(random: Random, depth = 0): unknown {
  const kind = random.between(0, depth > 2 ? 4 : 8);
  if (kind <= 1) return badText(random);
  if (kind === 2) return random.pick(badNumbers);
  if (kind === 3) return random.pick([null, true, false]);
  if (kind === 4) return random.pick([[], {}, [[]], [null], { '': '' }]);
  if (kind === 5) return Array.from({ length: random.between(1, 8) }, () => badValue(random, depth + 1));
  if (kind === 6) return Array.from({ length: random.pick([100, 1_000, 20_000]) }, (_, at) => at);
  if (kind === 7) return nested(random.pick([10, 100, 5_000]), random.next() < 0.5);
  return Object.fromEntries(
    Array.from({ length: random.between(1, 6) }, () => [badText(random), badValue(random, depth + 1)]),
  );
}

/** Lists or objects, one in the other. */
function nested(depth: number, asList: boolean): unknown {
  let value: unknown = 1;
  for (let at = 0; at < depth; at += 1) value = asList ? [value] : { a: value };
  return value;
}

/** JSON as text, also of what is nested too deep for `JSON.stringify`. `__proto__` stays a member like any other. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  }
}
