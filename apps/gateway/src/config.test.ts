import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const good = {
  IDENTITY_KEY: '-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----',
  AUTH_SVC_URL: 'unix:/run/uw/auth.sock',
  DEALS_SVC_URL: 'http://deals-1:8002, http://deals-2:8002/,http://deals-1:8002',
  DOCUMENTS_SVC_URL: 'http://documents:8003/',
  SIGNING_SVC_URL: 'http://signing:8004',
  SMS_SVC_URL: 'http://sms:8005',
};

describe('the configuration', () => {
  it('has a default for everything but the key and the services', () => {
    const { config, port, host } = loadConfig(good);
    expect({ port, host }).toEqual({ port: 8000, host: '127.0.0.1' });
    expect(config).toMatchObject({
      publicUrl: 'http://127.0.0.1:8000',
      corsOrigins: ['http://localhost:5173', 'http://localhost:3000'],
      debug: false,
      spoolDir: 'data/spool',
      trustedProxies: [],
      rateLimits: { keyPerSecond: 300, addressPerSecond: 600, loginPerMinute: 5 },
    });
    expect(config.identityPrivateKey).toContain('\nabc\n');
    expect(config.services['documents-svc']).toEqual(['http://documents:8003']);
    expect(config.services['deals-svc']).toEqual(['http://deals-1:8002', 'http://deals-2:8002']);
  });

  it('takes "none" for no proxies', () => {
    expect(loadConfig({ ...good, TRUSTED_PROXIES: 'none' }).config.trustedProxies).toEqual([]);
  });

  it('names everything that is wrong at once', () => {
    const bad = {
      ...good,
      IDENTITY_KEY: 'changeme',
      SMS_SVC_URL: 'http://sms:1,sms:1',
      DEALS_SVC_URL: ',',
      TRUSTED_PROXIES: '10.0.0.0/33',
      PORT: 'x',
    };
    const { AUTH_SVC_URL: _missing, ...without } = bad;
    for (const name of ['IDENTITY_KEY', 'AUTH_SVC_URL', 'SMS_SVC_URL', 'DEALS_SVC_URL', 'TRUSTED_PROXIES', 'PORT']) {
      expect(() => loadConfig(without)).toThrow(name);
    }
  });
});
