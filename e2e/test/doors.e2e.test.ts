import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { routes, type ServiceName, serviceNames } from '@uw-wizard/shared/contracts/routes';
import { createIdentitySigner, identityHeader } from '@uw-wizard/shared/platform/identity';
import { eventually } from '@uw-wizard/testkit/eventually';
import { Agent, request } from 'undici';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../flow/client.ts';
import { type Flow, runFlow, untilSigned } from '../flow/steps.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';
import { clientOf } from './other-tenant.ts';

const here = houseOfFile();
const call: Client['call'] = (...args) => here.house.client.call(...args);

const nobody = { authorization: null, 'x-tenant-id': null };
const start = '/api/deals/start';
const merchant = { merchant: { legal_name: 'Door Bell LLC', state: 'NY' } };
const tooLong = { type: 'application/json', bytes: ' '.repeat(1024 * 1024 + 1) };

describe('of everything that is wrong with a call, the answer names the first', () => {
  let analyst: Client;
  beforeAll(async () => {
    analyst = await clientOf(here, { tenantId: here.house.target.tenantId, role: 'analyst' });
  });

  test('a path that does not exist, before who is asking', async () => {
    const reply = await call('POST', '/api/nothing/here', { key: null, headers: nobody });
    expect(reply).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  test('a method that the path does not have, before who is asking', async () => {
    const reply = await call('DELETE', start, { key: null, headers: nobody });
    expect(reply).toMatchObject({ status: 405, body: { code: 'method-not-allowed' } });
    expect(reply.headers.get('allow')).toMatch(/\bPOST\b/);
  });

  test('a missing or unknown credential, before the tenant', async () => {
    for (const authorization of [null, 'Bearer uw_nobody-has-this-key-0123456789abcdef', 'Basic dXc6dXc=']) {
      const reply = await call('POST', start, { key: null, headers: { ...nobody, authorization } });
      expect(reply).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  });

  test('a missing tenant, before the key', async () => {
    const reply = await call('POST', start, { key: null, headers: { 'x-tenant-id': null }, json: merchant });
    expect(reply).toMatchObject({ status: 400, body: { code: 'tenant-missing' } });
  });

  test("a tenant that is not the credential's, before the role", async () => {
    const query = { deal_id: randomUUID(), recipient_email: 'a@example.com', force: 'true' };
    const headers = { 'x-tenant-id': 'somebody-else' };
    const reply = await analyst.call('POST', '/api/sign/send', { key: null, headers, query });
    expect(reply).toMatchObject({ status: 403, body: { code: 'tenant-mismatch' } });
    expect(await call('GET', '/api/intake/fields', { headers })).toMatchObject({ status: 403 });
  });

  test('a role that may not, before the key', async () => {
    const query = { deal_id: randomUUID(), recipient_email: 'a@example.com', force: 'true' };
    const reply = await analyst.call('POST', '/api/sign/send', { key: null, query });
    expect(reply).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('a missing or unusable key, before the size of the body', async () => {
    const missing = await call('POST', start, { key: null, raw: tooLong });
    expect(missing).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } });
    for (const key of ['with a space', 'x'.repeat(256), '"not closed', '']) {
      const reply = await call('POST', start, { key, raw: tooLong });
      expect(reply, key).toMatchObject({ status: 400, body: { code: expect.stringMatching(/^idempotency-key-/) } });
    }
  });

  test('the size of the body, before its type', async () => {
    const reply = await call('POST', start, { raw: { ...tooLong, type: 'text/plain' } });
    expect(reply).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  });

  test('the type of the body, before what is in it', async () => {
    const reply = await call('POST', start, { raw: { type: 'text/plain', bytes: '{' } });
    expect(reply).toMatchObject({ status: 415, body: { code: 'unsupported-media-type' } });
  });

  test('a key that was used for something else, before what is in the body', async () => {
    const key = randomUUID();
    expect((await call('POST', start, { key, json: merchant })).status).toBe(200);
    const reply = await call('POST', start, { key, raw: { type: 'application/json', bytes: '{' } });
    expect(reply).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  test('a body that is no JSON, before fields that are wrong, before the rules of the call', async () => {
    const path = '/api/intake/answer';
    const broken = await call('POST', path, { raw: { type: 'application/json', bytes: '{"deal_id": ' } });
    expect(broken).toMatchObject({ status: 400, body: { code: 'invalid-json' } });
    const wrong = await call('POST', path, { json: { deal_id: 'no uuid' } });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'validation-failed', errors: expect.any(Array) } });
    const unknown = await call('POST', path, { json: { deal_id: randomUUID() } });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'deal-not-found' } });
  });

  test('every problem is a problem document whose type is a page, with the id of the request', async () => {
    const requestId = 'a-request-of-mine';
    const reply = await call('GET', `/api/deals/${randomUUID()}`, { headers: { 'x-request-id': requestId } });
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(reply.headers.get('x-request-id')).toBe(requestId);
    expect(reply.body).toMatchObject({ status: 404, code: 'deal-not-found', request_id: requestId });
    expect((await fetch(reply.body.type)).status).toBe(200);
  });
});

describe('what another tenant owns does not exist', () => {
  let other: Client;
  let flow: Flow;
  let documentId = '';
  beforeAll(async () => {
    other = await clientOf(here, { tenantId: 'another-house', role: 'admin' });
    flow = await runFlow(here.house.client, await newMerchant());
    await untilSigned(here.house.client, flow.dealId);
    documentId = (await call('GET', `/api/deals/${flow.dealId}/documents`)).body.data[0].document_id;
  });

  test('to look at', async () => {
    const { dealId, envelopeId } = flow;
    for (const [path, code] of [
      [`/api/deals/${dealId}`, 'deal-not-found'],
      [`/api/deals/${dealId}/documents`, 'deal-not-found'],
      [`/api/deals/${dealId}/events`, 'deal-not-found'],
      [`/api/documents/${documentId}`, 'document-not-found'],
      [`/api/documents/${documentId}/content`, 'document-not-found'],
      [`/api/sign/envelopes/${envelopeId}`, 'envelope-not-found'],
      [`/api/sign/envelopes/${envelopeId}/content`, 'envelope-not-found'],
    ] as const) {
      expect((await call('GET', path)).status, path).toBe(200);
      expect(await other.call('GET', path), path).toMatchObject({ status: 404, body: { code } });
    }
  });

  test('to work with', async () => {
    const { dealId, merchantId, envelopeId } = flow;
    const ids = { deal_id: dealId, merchant_id: merchantId };
    const post = (path: string, options = {}) => other.call('POST', path, options);
    const replies = {
      start: await post(start, { json: { merchant_id: merchantId } }),
      intake: await post('/api/intake/answer', { json: { deal_id: dealId, answers: { dba: 'Mine now' } } }),
      upload: await post('/api/documents/bank/upload', { query: ids, files: [] }),
      offers: await post(`/api/deals/${dealId}/offers`),
      accept: await post(`/api/deals/${dealId}/accept`, { json: {} }),
      background: await post('/api/background/run', { query: ids }),
      send: await post('/api/sign/send', { query: { deal_id: dealId, recipient_email: 'a@example.com' } }),
      sign: await post(`/mock/envelopes/${envelopeId}/sign`),
      text: await post('/api/sms/cherry/send', { json: { to: '+12125550160', body: 'Hello', deal_id: dealId } }),
    };
    for (const [what, reply] of Object.entries(replies)) expect(reply.status, `${what}: ${reply.text}`).toBe(404);
  });
});

describe('a service, by whoever stands at its socket,', () => {
  /** A call that an admin may make; of what it says only whether it knows the caller counts. */
  const statusAt = async (service: ServiceName, identity: Readonly<Record<string, string>>) => {
    const route = routes.find((each) => each.service === service && each.allow !== 'none' && each.allow !== 'provider');
    if (route === undefined) throw new Error(`${service} has no call for somebody`);
    const agent = new Agent({ connect: { socketPath: join(here.house.dataDir, 'run', `${service}.sock`) } });
    try {
      const { statusCode, body } = await request(`http://house${route.path.replaceAll(/:\w+/g, randomUUID())}`, {
        dispatcher: agent,
        method: route.method,
        headers: { 'content-type': 'application/json', ...identity },
        ...(route.method === 'GET' ? {} : { body: '{}' }),
      });
      await body.dump();
      return statusCode;
    } finally {
      await agent.close();
    }
  };

  test('is given no answer without an identity, with one that the headers claim, or with one for another service', async () => {
    const { tenantId, apiKey } = here.house.target;
    const claimed = {
      'x-user-id': 'root',
      'x-user-role': 'admin',
      'x-tenant-id': tenantId,
      'x-forwarded-user': 'root',
    };
    const sign = createIdentitySigner(await readFile(join(here.house.dataDir, 'secrets', 'identity-key.pem'), 'utf8'));
    const admin = { kind: 'key', tenant: tenantId, sub: randomUUID(), role: 'admin', rid: 'r1' } as const;
    for (const service of serviceNames) {
      expect(await statusAt(service, claimed), service).toBe(401);
      expect(await statusAt(service, { ...claimed, authorization: `Bearer ${apiKey}` }), service).toBe(401);
      for (const other of serviceNames) {
        const status = await statusAt(service, { ...claimed, [identityHeader]: sign(other, admin) });
        if (other === service) expect(status, service).not.toBe(401);
        else expect(status, `for ${other} at ${service}`).toBe(401);
      }
    }
  });
});

describe('a session', () => {
  const login = (password: string) =>
    call('POST', '/api/auth/login', {
      key: null,
      headers: nobody,
      json: { email: here.house.credentials.email, password },
    });

  test('begins with a password, is who it says it is, and is over after logout', async () => {
    const { body, status } = await login(here.house.credentials.password);
    expect(status).toBe(200);
    const asUser = { authorization: `Bearer ${body.access_token}`, 'x-tenant-id': null };
    const me = await call('GET', '/api/auth/me', { headers: asUser });
    expect(me.body).toMatchObject({
      email: here.house.credentials.email,
      role: 'admin',
      tenant_id: here.house.target.tenantId,
      user_id: body.user.user_id,
    });
    expect((await call('GET', '/api/intake/fields', { headers: asUser })).status).toBe(200);

    expect((await call('POST', '/api/auth/logout', { key: null, headers: asUser })).status).toBe(204);
    await eventually(async () => {
      const after = await call('GET', '/api/auth/me', { headers: asUser });
      expect(after).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    });
  });

  test('does not begin with a wrong password', async () => {
    expect(await login('not the password')).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } });
  });
});
