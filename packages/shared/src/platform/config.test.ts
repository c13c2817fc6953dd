import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, flag, list, port, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'uw-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const schema = z.object({
  NAME: z.string().default('uw'),
  SECRET: z.string().min(8, 'use 8 characters or more'),
  DEBUG: flag.default(false),
  PORT: port.default(8000),
  CORS_ORIGINS: list.default([]),
});

test('variables are read with their types, defaults where they are absent or empty', () => {
  expect(
    readConfig(schema, {
      SECRET: '12345678',
      DEBUG: 'TRUE',
      PORT: '0',
      CORS_ORIGINS: ' a, ,b ,',
      NAME: '',
      OTHER: 'x',
    }),
  ).toEqual({ NAME: 'uw', SECRET: '12345678', DEBUG: true, PORT: 0, CORS_ORIGINS: ['a', 'b'] });
});

test('every bad variable is named in one error, with what to do, and no value is shown', () => {
  const read = () => readConfig(schema, { SECRET: 'hunter2', DEBUG: 'maybe', PORT: '70000' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/3 problem\(s\)/);
  expect(read).toThrow(/SECRET: use 8 characters or more/);
  expect(read).toThrow(/DEBUG: use true or false/);
  expect(read).toThrow(/PORT: /);
  expect(read).not.toThrow(/hunter2|maybe|70000/);
});

test('a variable that is required and absent is said to be so', () => {
  expect(() => readConfig(schema, {})).toThrow(/SECRET: is required/);
});

test('a secret can come from a mounted file, without its final line break', () => {
  for (const text of ['from a file', 'from a file\n', 'from a file\r\n']) {
    expect(readConfig(schema, { SECRET_FILE: file('secret', text) }).SECRET).toBe('from a file');
  }
  expect(readConfig(schema, { SECRET_FILE: file('lines', 'line one\nline two\n') }).SECRET).toBe('line one\nline two');
});

test('a schema with rules across variables reads files all the same', () => {
  const withRule = schema.refine(({ NAME, SECRET }) => NAME !== SECRET).transform(({ SECRET }) => ({ secret: SECRET }));
  expect(readConfig(withRule, { SECRET_FILE: file('ruled', 'from a file') })).toEqual({ secret: 'from a file' });
});

test('a mounted file that cannot be read is named once, and a variable given both ways too', () => {
  const missing = join(folder, 'missing');
  expect(() => readConfig(schema, { SECRET_FILE: missing })).toThrow(/1 problem\(s\):\n.*SECRET_FILE: .*missing/);
  expect(() => readConfig(schema, { SECRET: '12345678', SECRET_FILE: file('twice', 'x') })).toThrow(
    /SECRET: given twice/,
  );
});

test("another program's variable that happens to end in _FILE is left alone", () => {
  expect(readConfig(schema, { SECRET: '12345678', SSL_CERT_FILE: join(folder, 'missing') }).SECRET).toBe('12345678');
});
