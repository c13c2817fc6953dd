import { expect, test } from 'vitest';
import { DomainError } from '../src/errors.ts';
import { maxJsonDepth, maxJsonMembers, readJson } from '../src/platform/read-json.ts';

/** What is said about `text`: its value, or the code and words of the refusal. */
function read(text: string): unknown {
  try {
    return readJson(Buffer.from(text));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return `${error.kind.status} ${error.kind.code}: ${error.message}`;
  }
}
const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test('a body may be nested as deep as any call needs, and no deeper', () => {
  for (const nest of [lists, objects]) {
    expect(read(nest(maxJsonDepth))).toEqual(JSON.parse(nest(maxJsonDepth)));
    expect(read(nest(maxJsonDepth + 1))).toBe('400 invalid-json: The body may be nested 32 levels deep at most.');
  }
  expect(read(lists(400_000))).toMatch('32 levels');
});

test('a body may have ten thousand members, however they are spread', () => {
  const refusal = '400 invalid-json: The body may have 10000 members and items at most.';
  const row = (length: number) => Array.from({ length }, () => 1);
  expect(read(JSON.stringify(row(maxJsonMembers)))).toHaveLength(maxJsonMembers);
  expect(read(JSON.stringify(row(maxJsonMembers + 1)))).toBe(refusal);
  expect(read(JSON.stringify({ a: row(5_000), b: { c: row(5_000) } }))).toBe(refusal);
});

test('a member that could pass for the type of an object is refused, wherever it stands', () => {
  const refusal = '400 invalid-json: No member may be named __proto__.';
  expect(read('{"__proto__": {"role": "admin"}}')).toBe(refusal);
  expect(read('{"a": [{"\\u005f_proto__": null}]}')).toBe(refusal);
  expect(read('{"__proto__": 1, "a": 2}')).toBe(refusal);
});

test('a member named "constructor" or "prototype" is a member like any other', () => {
  const value = read('{"constructor": {"prototype": {"role": "admin"}}}');
  expect(Object.keys(value as object)).toEqual(['constructor']);
  expect(({} as { role?: unknown }).role).toBeUndefined();
});

test('what is no JSON, or not in UTF-8, is refused', () => {
  for (const text of ['', '{', '{"a":1,}', 'nul', "{'a':1}"]) expect(read(text)).toMatch('400 invalid-json');
  expect(() => readJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('could not be read as JSON');
});
