import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './parse-redis-url.ts';

describe('the address of Redis', () => {
  it('names one server, with what is needed to get in', () => {
    expect(parseRedisUrl('redis://redis')).toEqual({
      kind: 'server',
      at: { host: 'redis', port: 6379 },
      db: 0,
      tls: false,
    });
    expect(parseRedisUrl('rediss://gateway:p%40ss:word@[::1]:6380/3')).toEqual({
      kind: 'server',
      at: { host: '::1', port: 6380 },
      db: 3,
      tls: true,
      username: 'gateway',
      password: 'p@ss:word',
    });
    expect(parseRedisUrl('redis://:secret@redis')).toMatchObject({ password: 'secret' });
  });

  it('names sentinels and the master they watch', () => {
    expect(parseRedisUrl('redis+sentinel://:pw@a:26380,b/mymaster/2')).toEqual({
      kind: 'sentinel',
      sentinels: [
        { host: 'a', port: 26380 },
        { host: 'b', port: 26379 },
      ],
      master: 'mymaster',
      db: 2,
      tls: false,
      password: 'pw',
    });
  });

  it('names some nodes of a cluster', () => {
    expect(parseRedisUrl('rediss+cluster://a:7000,b:7001')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
      ],
      tls: true,
    });
  });

  it.each([
    ['redis', 'use one of redis://host:6379'],
    ['http://redis:6379', 'use one of'],
    ['redis://', 'use one of'],
    ['redis://a,b', 'several hosts'],
    ['redis://a:port', 'a:port is no host'],
    ['redis://a:70000', 'a:70000 is no host'],
    ['redis+cluster://a,,b', 'an empty place'],
    ['redis+cluster://a/1', 'no database number'],
    ['redis+sentinel://a:26379', 'name the master'],
    ['redis://a/one', 'the database is a number'],
    ['redis://%zz@a', 'percent-encoded'],
  ])('that cannot be used says what is wrong: %s', (url, sentence) => {
    expect(parseRedisUrl(url)).toContain(sentence);
  });
});
