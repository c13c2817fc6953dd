import type { Route } from '@uw-wizard/shared/contracts/routes';
import type { Random } from '@uw-wizard/testkit/statements/random';
import { badText, badValue, toJson } from './bad-values.ts';

/** A body and what it says it is. */
export type Content = { readonly type: string; readonly bytes: Buffer };

/** A body for `route`: the good one with something wrong in it, or nothing like it. Null for none. */
export function makeBody(random: Random, route: Route, good: unknown): Content | null {
  if (route.body === 'none') return random.next() < 0.9 ? null : { type: 'application/json', bytes: anyBytes(random) };
  if (random.next() < 0.03) return null;
  if (route.body === 'multipart' || (route.body === 'raw' && random.next() < 0.15)) return makeForm(random);
  const type = random.next() < 0.95 ? 'application/json' : random.pick(oddTypes);
  return { type, bytes: makeJson(random, good ?? {}) };
}

const oddTypes = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/json;',
  'application/vnd.api+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  '',
  'application/json, text/plain',
] as const;

function makeJson(random: Random, good: unknown): Buffer {
  const what = random.next();
  if (what < 0.06) return anyBytes(random);
  if (what < 0.12) return Buffer.from(toJson(badValue(random)));
  let body = good;
  for (let times = random.between(0, 3); times > 0; times -= 1) body = spoil(random, body);
  const text = toJson(body);
  if (what < 0.16) return Buffer.from(text.slice(0, random.between(0, text.length)));
  if (what < 0.18) return Buffer.from(`\ufeff${text}`);
  if (what < 0.2) return Buffer.from(text, 'utf16le');
  if (what < 0.23)
    return Buffer.from(
      text.replace('{', `{"__proto__": {"role": "admin"}, "constructor": ${toJson(badValue(random))}, `),
    );
  if (what < 0.25) return Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xff, 0xfe, 0xc0])]);
  if (what < 0.26) return Buffer.from(text.padEnd(1_048_577, ' '));
  return Buffer.from(text);
}

/** One member, somewhere, gone, doubled, renamed or of another kind. */
function spoil(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.05) return badValue(random);
  const entries = Object.entries(value);
  const at = random.between(0, entries.length - 1);
  const what = random.next();
  const spoilt = entries.flatMap(([name, member], index): [string, unknown][] => {
    if (index !== at) return [[name, member]];
    if (what < 0.1) return [];
    if (what < 0.2) return [[badText(random), member]];
    if (typeof member === 'object' && member !== null && what < 0.8) return [[name, spoil(random, member)]];
    return [[name, badValue(random)]];
  });
  if (what > 0.9) spoilt.push([badText(random), badValue(random)]);
  return Array.isArray(value) ? spoilt.map(([, member]) => member) : Object.fromEntries(spoilt);
}

function anyBytes(random: Random): Buffer {
  const texts = [
    '',
    '{',
    '[',
    '"',
    'nul',
    '{}}',
    '{"a":1,}',
    "{'a':1}",
    '1e9999',
    '-',
    '"\\ud800"',
    '"\\u0000"',
  ] as const;
  if (random.next() < 0.5) return Buffer.from(random.pick(texts));
  return Buffer.from(Array.from({ length: random.between(0, 300) }, () => random.between(0, 255)));
}

const heads = [
  '%PDF-1.7\n',
  '%PDF-',
  'PK\u0003\u0004',
  '',
  '\u0089PNG\r\n',
  '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF',
] as const;
const fields = ['files', 'files', 'files', 'files', 'file', 'files[]', 'json', '', '__proto__'] as const;

/** A form with as many files as it likes, most of them no PDF. */
function makeForm(random: Random): Content {
  const boundary = random.pick(['b', 'a'.repeat(70), "()+_,-./:=?'", 'x y']);
  const parts = Array.from({ length: random.pick([0, 1, 3, 3, 3, 4, 40]) }, () => {
    const name = badText(random)
      .replaceAll(/["\r\n]/g, '')
      .slice(0, 300);
    const filename = random.next() < 0.8 ? `; filename="${name}"` : '';
    const type = random.pick(['application/pdf', 'text/plain', 'multipart/mixed; boundary=b', '/', '']);
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${random.pick(fields)}"${filename}\r\nContent-Type: ${type}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), Buffer.from(random.pick(heads)), anyBytes(random), Buffer.from('\r\n')]);
  });
  const end = random.next() < 0.8 ? `--${boundary}--\r\n` : random.pick(['', `--${boundary}`, '--wrong--\r\n']);
  const quoted = random.next() < 0.7 ? `"${boundary}"` : boundary;
  return { type: `multipart/form-data; boundary=${quoted}`, bytes: Buffer.concat([...parts, Buffer.from(end)]) };
}
