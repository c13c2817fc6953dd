import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeVariables, readConfig } from './config.ts';
import { processSettings, serviceVariables } from './service-config.ts';

const schema = z.object(serviceVariables(8002));

function publicKey(type: 'ed25519' | 'x25519' = 'ed25519'): string {
  const pair = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  return pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

const good = {
  DATABASE_URL: 'postgres://u:p@db/deals',
  NATS_URL: 'nats://deals:p@a:4222,b:4222',
  IDENTITY_PUBLIC_KEY: publicKey(),
};

test('a service shows its metrics beside its calls, 1000 ports further, to its own machine only', () => {
  const settings = processSettings(readConfig(schema, good));
  expect(settings).toMatchObject({ host: '127.0.0.1', port: 8002, metricsHost: '127.0.0.1', metricsPort: 9002 });
  const portOf = (env: Record<string, string>) => processSettings(readConfig(schema, { ...good, ...env })).metricsPort;
  expect(portOf({ PORT: '0' })).toBe(0);
  expect(portOf({ PORT: '65000' })).toBe(64_000);
  expect(portOf({ PORT: '80', METRICS_PORT: '9999' })).toBe(9_999);
});

test('the bus of one process is refused with the reason, because a service is a process of its own', () => {
  expect(() => readConfig(schema, { ...good, NATS_URL: 'memory://local' })).toThrow(
    /NATS_URL: memory:\/\/local is for npm start/,
  );
  expect(() => readConfig(schema, { ...good, NATS_URL: 'http://bus' })).toThrow(
    /NATS_URL: the URL of the bus is not nats:/,
  );
  expect(readConfig(schema, { ...good, NATS_URL: 'tls://bus:4222' }).NATS_URL).toBe('tls://bus:4222');
});

test('the identity key may be several while it is changed, in one line too, and must be one that can verify', () => {
  const two = [publicKey(), publicKey()];
  const inOneLine = two.join('').replaceAll('\n', '\\n');
  expect(readConfig(schema, { ...good, IDENTITY_PUBLIC_KEY: inOneLine }).IDENTITY_PUBLIC_KEY).toEqual(
    two.map((key) => key.trim()),
  );
  for (const bad of [
    'changeme',
    publicKey('x25519'),
    `${publicKey()}-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----`,
  ]) {
    expect(() => readConfig(schema, { ...good, IDENTITY_PUBLIC_KEY: bad })).toThrow(/IDENTITY_PUBLIC_KEY: use/);
  }
});

test("a service's stream is kept once unless told otherwise, and never on an even number of servers", () => {
  const streams = (env: Record<string, string>) => processSettings(readConfig(schema, { ...good, ...env })).natsStreams;
  expect(streams({})).toEqual({ replicas: 1, maxBytes: 512 * 1024 * 1024 });
  expect(streams({ NATS_STREAM_REPLICAS: '3', NATS_STREAM_MAX_BYTES: '2000000' })).toEqual({
    replicas: 3,
    maxBytes: 2_000_000,
  });
  expect(() => streams({ NATS_STREAM_REPLICAS: '2' })).toThrow(/NATS_STREAM_REPLICAS: use 1, 3 or 5/);
  expect(() => streams({ NATS_STREAM_MAX_BYTES: '0' })).toThrow(/NATS_STREAM_MAX_BYTES: use a MiB/);
});

test('a service says of each variable what it means, and whether it has to be given', () => {
  const described = describeVariables(schema.superRefine(() => undefined));
  expect(described.filter(({ meaning }) => meaning === '')).toEqual([]);
  expect(described.filter(({ required }) => required).map(({ name }) => name)).toEqual([
    'DATABASE_URL',
    'NATS_URL',
    'IDENTITY_PUBLIC_KEY',
  ]);
  expect(described.find(({ name }) => name === 'PORT')?.default).toBe('8002');
});

test('traces go nowhere unless somebody says where, and the headers of the collector are read as they are written', () => {
  const tracing = (env: Record<string, string>) => processSettings(readConfig(schema, { ...good, ...env })).tracing;
  expect(tracing({ OTEL_TRACES_SAMPLER_ARG: '0.5' })).toBeNull();
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318';
  expect(tracing({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b==, y = 2' })).toEqual({
    endpoint: OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: { 'x-key': 'a b==', y: '2' },
    ratio: 1,
  });
  expect(() => tracing({ OTEL_EXPORTER_OTLP_HEADERS: 'nonsense' })).toThrow(
    /OTEL_EXPORTER_OTLP_HEADERS: use name=value/,
  );
  expect(() => tracing({ OTEL_TRACES_SAMPLER_ARG: '2' })).toThrow(/OTEL_TRACES_SAMPLER_ARG/);
});
