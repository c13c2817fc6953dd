import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { variables as auth } from '@uw-wizard/auth-svc/config';
import { variables as deals } from '@uw-wizard/deals-svc/config';
import { backupVariables as backup } from '@uw-wizard/deploy/backup/command';
import { variables as documents } from '@uw-wizard/documents-svc/config';
import { variables as gateway } from '@uw-wizard/gateway/config';
import { describeVariables } from '@uw-wizard/shared/platform/config';
import { variables as signing } from '@uw-wizard/signing-svc/config';
import { variables as sms } from '@uw-wizard/sms-svc/config';
import { variables as start } from '@uw-wizard/standalone/config';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');
const example = readFileSync(join(root, '.env.example'), 'utf8');

const row = /^\| `(?<name>[A-Z][A-Z0-9_]+)` \| (?<readers>[a-z, ]+) \| (?<value>.+?) \| /gm;
const rows = [...page.matchAll(row)].map(({ groups = {} }) => groups);
const parts = Object.entries({ start, gateway, auth, deals, documents, signing, sms, backup });
const read = parts.flatMap(([reader, schema]) =>
  describeVariables(schema).map((variable) => ({ reader, ...variable })),
);

test('the page for operators has every variable of .env.example, each once', () => {
  const names = [...example.matchAll(/^#([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect(rows.map(({ name }) => name).sort()).toEqual(names.sort());
});

test.each([...Map.groupBy(read, ({ name }) => name)])(
  'the page for operators says who reads %s and what it is when nobody says',
  (name, variables) => {
    const { readers, value = '' } = rows.find((each) => each.name === name) ?? {};
    const all = variables.map(({ reader }) => reader).join(', ');
    const services = all.replace('auth, deals, documents, signing, sms', 'services');
    expect(readers).toBe(services.replace('start, gateway, services', 'all'));
    const required = variables.some((variable) => variable.required);
    const defaults = new Set(variables.map((variable) => variable.default).filter((one) => one !== undefined));
    expect(value.includes('required')).toBe(required);
    for (const one of defaults) expect(value).toContain(`\`${one}\``);
    if (defaults.size === 0 && !required) expect(value).toBe('–');
  },
);
