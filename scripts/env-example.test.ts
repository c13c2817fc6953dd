import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { variables as ofAuth } from '@uw-wizard/auth-svc/config';
import { variables as ofDeals } from '@uw-wizard/deals-svc/config';
import { variables as ofDocuments } from '@uw-wizard/documents-svc/config';
import { describeVariables } from '@uw-wizard/shared/platform/config';
import { variables as ofSigning } from '@uw-wizard/signing-svc/config';
import { variables as ofSms } from '@uw-wizard/sms-svc/config';
import { loadConfig } from '@uw-wizard/standalone/config';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const example = readFileSync(join(root, '.env.example'), 'utf8');
const uncommented = parseEnv(example.replace(/^#(?=[A-Z_]+=)/gm, ''));

test('.env.example has every variable that a part reads, and no other', () => {
  const written = globSync('apps/*/src/config.ts', { cwd: root }).flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^ +([A-Z][A-Z0-9_]+): /gm)].map((match) => match[1]),
  );
  const ofServices = [ofAuth, ofDeals, ofDocuments, ofSigning, ofSms].flatMap(describeVariables);
  const read = [...written, ...ofServices.map(({ name }) => name)];
  expect(Object.keys(uncommented).sort()).toEqual([...new Set([...read, 'TEST_DATABASE_URL'])].sort());
});

test('the values in .env.example are the defaults', () => {
  const { DATA_DIR, ...given } = uncommented;
  const { bootstrap, publicUrl, logLevel, ...config } = loadConfig({ ...given, DATA_DIR });
  const { bootstrap: _, publicUrl: __, logLevel: ___, ...defaults } = loadConfig({});
  expect(config).toEqual(defaults);
});

test('a copy of .env.example as .env changes nothing', () => {
  expect(parseEnv(example)).toEqual({});
});
