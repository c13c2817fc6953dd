import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { variables as ofAuth } from '@uw-wizard/auth-svc/config';
import { variables as ofDeals } from '@uw-wizard/deals-svc/config';
import { backupVariables } from '@uw-wizard/deploy/backup/command';
import { variables as ofDocuments } from '@uw-wizard/documents-svc/config';
import { variables as ofGateway } from '@uw-wizard/gateway/config';
import { describeVariables } from '@uw-wizard/shared/platform/config';
import { variables as ofSigning } from '@uw-wizard/signing-svc/config';
import { variables as ofSms } from '@uw-wizard/sms-svc/config';
import { loadConfig, variables as ofStart } from '@uw-wizard/standalone/config';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const example = readFileSync(join(root, '.env.example'), 'utf8');
const uncommented = parseEnv(example.replace(/^#(?=[A-Z0-9_]+=)/gm, ''));

test('.env.example has every variable that a part reads, and no other', () => {
  const schemas = [ofStart, ofAuth, ofDeals, ofDocuments, ofGateway, ofSigning, ofSms, backupVariables];
  const described = schemas.flatMap(describeVariables).map(({ name }) => name);
  const testkit = globSync('packages/testkit/src/**/*.ts', { cwd: root }).flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\bTEST_[A-Z0-9_]+\b/g)].map(([name]) => name),
  );
  const compose = globSync('docker-compose*.yml', { cwd: root }).map((path) => readFileSync(join(root, path), 'utf8'));
  const stack = [...compose.join('\n').matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name);
  const read = [...described, ...testkit, ...stack, 'COMPOSE_PROFILES', 'COMPOSE_FILE'];
  expect(Object.keys(uncommented).sort()).toEqual([...new Set(read)].sort());
});

test('the values in .env.example are the defaults', () => {
  const { DATA_DIR, ...given } = uncommented;
  const { bootstrap, publicUrl, logLevel, storageIn, ...config } = loadConfig({ ...given, DATA_DIR });
  const { bootstrap: _, publicUrl: __, logLevel: ___, storageIn: defaultStorageIn, ...defaults } = loadConfig({});
  expect(config).toEqual(defaults);
  const place = { folder: 'folder', prefix: 'prefix/' };
  expect(storageIn(place)).toEqual(defaultStorageIn(place));
});

test('a copy of .env.example as .env changes nothing', () => {
  expect(parseEnv(example)).toEqual({});
});
