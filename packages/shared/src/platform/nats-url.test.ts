import { expect, test } from 'vitest';
import { parseNatsUrl } from './nats-url.ts';

test('several servers are one list with one user, whichever way it is written', () => {
  const expected = {
    hosts: [
      { host: 'a', port: 4222 },
      { host: 'b', port: 4333 },
    ],
    tls: false,
    user: 'deals-svc',
    password: 'p@ss,word:%',
  };
  const credential = `deals-svc:${encodeURIComponent('p@ss,word:%')}`;
  expect(parseNatsUrl(`nats://${credential}@a:4222,b:4333`)).toEqual(expected);
  expect(parseNatsUrl(`nats://${credential}@a, nats://${credential}@b:4333/`)).toEqual(expected);
});

test('a server may have an address of either kind, no port and no user', () => {
  expect(parseNatsUrl('tls://[::1]:4333,10.0.0.1')).toEqual({
    hosts: [
      { host: '::1', port: 4333 },
      { host: '10.0.0.1', port: 4222 },
    ],
    tls: true,
  });
});

test.each([
  ['memory://local', /bus of one process/],
  ['http://a:4222', /is not nats:/],
  ['nats://', /is not nats:/],
  ['nats://,', /names no host/],
  ['nats://a:b:c', /not host:port/],
  ['nats://a:70000', /not host:port/],
  ['nats://secret-user@a', /no password/],
  ['nats://user:secret@a,user:other@b', /do not have the same user/],
  ['nats://user:secret%@a', /percent-encoded/],
])('%s is refused with a sentence that does not repeat the secret', (url, sentence) => {
  expect(() => parseNatsUrl(url)).toThrow(sentence);
  expect(() => parseNatsUrl(url)).not.toThrow(/secret/);
});
