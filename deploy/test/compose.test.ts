import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { variables as auth } from '@uw-wizard/auth-svc/config';
import { variables as deals } from '@uw-wizard/deals-svc/config';
import { variables as documents } from '@uw-wizard/documents-svc/config';
import { variables as gateway } from '@uw-wizard/gateway/config';
import { variables as signing } from '@uw-wizard/signing-svc/config';
import { variables as sms } from '@uw-wizard/sms-svc/config';
import { images } from '@uw-wizard/testkit/images';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { givenVariables } from '../src/secrets/given.ts';

const root = join(import.meta.dirname, '..', '..');

const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.unknown().optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  healthcheck: z.unknown().optional(),
  restart: z.string().optional(),
  mem_limit: z.string().optional(),
  networks: z.array(z.string()).default([]),
});
const fileSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.unknown()),
});
const read = (name: string) => fileSchema.parse(parse(readFileSync(join(root, name), 'utf8'), { merge: true }));
const [stack, watching] = [read('docker-compose.yml'), read('docker-compose.obs.yml')];
const compose = {
  services: { ...stack.services, ...watching.services },
  networks: { ...stack.networks, ...watching.networks },
};
const services = Object.entries(compose.services);
const running = services.filter(([, { restart }]) => restart !== 'no');

test('the stack runs the images that the tests run', () => {
  const { postgres, nats, redis, s3 } = compose.services;
  expect({ postgres: postgres?.image, nats: nats?.image, redis: redis?.image, s3: s3?.image }).toEqual(images);
});

test('every image of others has a tag that stays what it is', () => {
  const ofOthers = services.filter(([, { build }]) => build === undefined).map(([, { image }]) => image);
  expect(ofOthers.filter((image) => !/:v?\d+\.\d+/.test(image))).toEqual([]);
});

// As compose writes it.
const port = '$' + '{PORT:-8000}';

test('without a profile the gateway alone is published, to this machine only', () => {
  const published = services.filter(([, { ports, profiles }]) => ports.length > 0 && profiles.length === 0);
  expect(published.map(([name, { ports }]) => [name, ports])).toEqual([['gateway', [`127.0.0.1:${port}:${port}`]]]);
  expect(services.flatMap(([, { ports }]) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

test('what we built runs without privileges on a file system it cannot change', () => {
  for (const [name, service] of services.filter(([, { build }]) => build !== undefined)) {
    expect(service, name).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  }
});

test('whatever runs on is watched, limited and started again', () => {
  for (const [name, service] of running.filter(([, { profiles }]) => profiles.length === 0)) {
    expect(service.healthcheck, name).toBeDefined();
    expect(service.mem_limit, name).toMatch(/^\d+[mg]$/);
    expect(service.restart, name).toBe('unless-stopped');
  }
});

test('each container has a port of its own', () => {
  const ports = services.flatMap(([, { environment }]) => [environment.PORT, environment.METRICS_PORT]).filter(Boolean);
  expect(ports).toHaveLength(12);
  expect(new Set(ports).size).toBe(12);
});

test("a part sees its own secrets and nobody else's", () => {
  for (const [name, { volumes }] of services.filter(([name]) => name !== 'secrets')) {
    const seen = volumes.filter((volume) => volume.startsWith('secrets-')).map((volume) => volume.split(':'));
    expect(
      seen.every(([, path, mode]) => path === '/run/secrets' && mode === 'ro'),
      name,
    ).toBe(true);
    expect(
      seen.map(([volume]) => volume),
      name,
    ).toEqual(seen.length === 0 ? [] : [`secrets-${name.replace('-svc', '').replace('restore', 'backup')}`]);
  }
});

test('databases, bus, cache and files are on networks that lead nowhere else', () => {
  for (const name of ['postgres', 'nats', 'redis', 's3']) {
    for (const network of compose.services[name]?.networks ?? []) {
      expect(compose.networks[network], `${name} on ${network}`).toEqual({ internal: true });
    }
  }
  const onFiles = services.filter(([, { networks }]) => networks.includes('files')).map(([name]) => name);
  expect(onFiles.filter((name) => !['s3', 'bucket', 'backup', 'restore'].includes(name)).sort()).toEqual([
    'auth-svc',
    'documents-svc',
    'signing-svc',
  ]);
});

test.each([
  ['auth-svc', auth],
  ['deals-svc', deals],
  ['documents-svc', documents],
  ['signing-svc', signing],
  ['sms-svc', sms],
  ['gateway', gateway],
  ['secrets', givenVariables],
])('%s is given no variable that it does not read', (name, schema) => {
  const given = Object.keys(compose.services[name]?.environment ?? {}).map((key) => key.replace(/_FILE$/, ''));
  expect(given.length).toBeGreaterThan(5);
  expect(given.filter((key) => !variablesOf(schema).includes(key))).toEqual([]);
});

test('no secret of the house has a default that everybody knows', () => {
  const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  const defaults = [...text.matchAll(/\$\{(\w*(?:PASSWORD|API_KEY|SECRET)\w*):?-([^}]*)\}/g)];
  expect(defaults.length).toBeGreaterThan(4);
  expect(defaults.filter(([, , value]) => value !== '').map(([, name]) => name)).toEqual([]);
});

test('the image is made from the manifests of all workspaces', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY (\S+\/package\.json) /gm)].map(([, path]) => path);
  const { workspaces } = z
    .object({ workspaces: z.array(z.string()) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const there = workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }));
  expect(copied.sort()).toEqual(there.sort());
});

test('our user may write to every volume that our containers write to', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const consumers = /for name in ([\w -]+);[\s\\]*do mkdir -p "\/volumes\/secrets\/\$name"/.exec(dockerfile)?.[1] ?? '';
  const others = /mkdir (\/volumes\/.*)$/m.exec(dockerfile)?.[1] ?? '';
  // A new volume takes its owner from the folder of the image that it is laid over; without such a folder it is root's.
  const made = [
    ...consumers.split(' ').map((name) => `/secrets/${name}`),
    ...others.split(' ').map((path) => path.replace('/volumes', '')),
  ];
  const written = services
    .filter(([, { build }]) => build !== undefined)
    .flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')))
    .flatMap(([, path = '', mode]) => (mode === 'ro' ? [] : [path]));
  expect(made.sort()).toEqual([...new Set(written)].sort());
});

function variablesOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (!(schema instanceof z.ZodPipe)) return [];
  return [schema.def.in, schema.def.out].flatMap((side) => (side instanceof z.ZodType ? variablesOf(side) : []));
}
