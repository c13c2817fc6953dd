import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AskContract } from '../src/contracts/asks.ts';
import * as asks from '../src/contracts/asks.ts';
import { erasureStream } from '../src/contracts/erasure.ts';
import { busUsers, neighbours } from '../src/contracts/neighbours.ts';
import type { Stream } from '../src/contracts/streams.ts';
import { natsPermissions } from '../src/platform/nats-permissions.ts';
import { natsServerConfig, natsUsersConfig } from '../src/platform/nats-server-config.ts';

const apps = new URL('../../../apps/', import.meta.url);

/** All of a service's own source, as text: what it follows and asks is seen in how it says so. */
function sourceOf(user: string): string {
  const folder = new URL(`${user}/src/`, apps);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('generated'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
}

const contracts = new Map(
  Object.entries(asks).flatMap(([name, value]): [string, AskContract][] => ('owner' in value ? [[name, value]] : [])),
);

test.each(busUsers)('%s follows and asks in its source what the contracts say it does', (user) => {
  const source = sourceOf(user);
  const { follows, asks: asked }: { follows: readonly Stream[]; asks: readonly AskContract[] } = neighbours[user];
  const followed = [...source.matchAll(/(?:publisher: '([a-z-]+)',\s+handlers:|stream: '([a-z-]+)',\s+bus,)/g)].map(
    ([, publisher, stream]) => publisher ?? stream,
  );
  // The platform follows erasures for whoever does its part of them.
  if (source.includes('createErasureWorkers(')) followed.push(erasureStream);
  expect(new Set(followed)).toEqual(new Set(follows));
  const imported = [...source.matchAll(/import (?:type )?\{([^}]+)\} from '@uw-wizard\/shared\/contracts\/asks'/g)]
    .flatMap(([, names]) => (names ?? '').split(','))
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type /, '')
          .split(' as ')[0] ?? '',
    )
    .flatMap((name) => contracts.get(name) ?? []);
  const foreign = imported.filter(({ owner }) => owner !== user);
  const names = (list: readonly AskContract[]) => [...new Set(list.map(({ name }) => name))].toSorted();
  expect(names(foreign)).toEqual(names(asked));
});

test('the gateway asks, hears whose credentials change, and can do nothing else on the bus', () => {
  expect(natsPermissions('gateway')).toEqual({
    publish: ['ask.auth-svc.resolve-api-key', 'ask.auth-svc.resolve-session', 'ask.auth-svc.credential-changes'],
    subscribe: [
      '_INBOX_gateway.>',
      'answer.*.gateway.>',
      'session.ended',
      'user.disabled',
      'user.role_changed',
      'user.password_changed',
      'apikey.revoked',
    ],
  });
});

test('a service may publish its own events, read the streams it follows and answer its own questions', () => {
  const { publish, subscribe } = natsPermissions('signing-svc');
  expect(publish).toEqual(
    expect.arrayContaining([
      'sign.signed',
      '$JS.API.STREAM.CREATE.SIGNING_SVC',
      '$JS.API.CONSUMER.MSG.NEXT.DEALS_SVC.signing-svc-from-deals-svc',
      '$JS.ACK.DEALS_SVC.signing-svc-from-deals-svc.>',
      'ask.deals-svc.signature-gate',
    ]),
  );
  expect(publish.filter((subject) => /deal\.|SMS|AUTH|DELETE|PURGE|ask\.auth/.test(subject))).toEqual([]);
  expect(subscribe).toEqual(['_INBOX_signing-svc.>', 'answer.*.signing-svc.>', 'ask.signing-svc.>']);
});

test('the configuration of the server names only the users that have a password, and quotes what could end a string', () => {
  const text = natsServerConfig({
    users: { gateway: 'a "quoted\\ one' },
    listen: '0.0.0.0:4222',
    storeDir: '/data',
    maxStoreBytes: 4_000_000_000,
  });
  expect(text).toContain('password: "a \\"quoted\\\\ one"');
  expect(text).not.toContain('deals-svc"\n');
  expect(() => natsUsersConfig({ gateway: 'a\nb' })).toThrow(/printable ASCII/);
  expect(() => natsUsersConfig({ gateway: '' })).toThrow(/nothing empty/);
});
