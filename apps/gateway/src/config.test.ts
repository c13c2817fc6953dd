import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const identityKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const good = {
  IDENTITY_KEY: identityKey.replaceAll('\n', '\\n'),
  NATS_URL: 'nats://nats:4222',
  REDIS_URL: 'redis://redis',
  AUTH_SVC_URL: 'unix:/run/uw/auth.sock',
  DEALS_SVC_URL: 'http://deals-1:8002, http://deals-2:8002/,http://deals-1:8002',
  DOCUMENTS_SVC_URL: 'http://documents:8003/',
  SIGNING_SVC_URL: 'http://signing:8004',
  SMS_SVC_URL: 'http://sms:8005',
};

describe('the configuration', () => {
  it('has a default for everything but the key, the bus, Redis and the services', () => {
    const { config, ...settings } = loadConfig(good);
    expect(settings).toMatchObject({
      port: 8000,
      host: '127.0.0.1',
      metricsPort: 9000,
      redis: { kind: 'server', at: { host: 'redis', port: 6379 } },
    });
    expect(config).toMatchObject({
      publicUrl: 'http://127.0.0.1:8000',
      corsOrigins: ['http://localhost:5173', 'http://localhost:3000'],
      debug: false,
      spoolDir: 'data/spool',
      trustedProxies: [],
      hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: false },
      rateLimits: { keyPerSecond: 300, addressPerSecond: 600, loginPerMinute: 5 },
    });
    expect(config.identityPrivateKey).toBe(identityKey);
    expect(config.services['documents-svc']).toEqual(['http://documents:8003']);
    expect(config.services['deals-svc']).toEqual(['http://deals-1:8002', 'http://deals-2:8002']);
  });

  it('takes "none" for no proxies', () => {
    expect(loadConfig({ ...good, TRUSTED_PROXIES: 'none' }).config.trustedProxies).toEqual([]);
  });

  it('takes no memory for what several gateways share', () => {
    for (const name of ['NATS_URL', 'REDIS_URL']) {
      expect(() => loadConfig({ ...good, [name]: 'memory://local' })).toThrow(
        `${name}: memory://local is for npm start`,
      );
    }
    expect(() => loadConfig({ ...good, REDIS_URL: 'redis+sentinel://a' })).toThrow('name the master');
  });

  it('names everything that is wrong at once', () => {
    const bad = {
      ...good,
      IDENTITY_KEY: 'changeme',
      SMS_SVC_URL: 'http://sms:1,sms:1',
      DEALS_SVC_URL: ',',
      TRUSTED_PROXIES: '10.0.0.0/33',
      PORT: 'x',
      HSTS_MAX_AGE_SECONDS: '1y',
    };
    const { AUTH_SVC_URL: _missing, ...without } = bad;
    const wrong = [
      ...Object.keys(bad).filter((name) => bad[name as keyof typeof good] !== good[name as keyof typeof good]),
      'AUTH_SVC_URL',
    ];
    for (const name of wrong) expect(() => loadConfig(without)).toThrow(name);
  });
});
