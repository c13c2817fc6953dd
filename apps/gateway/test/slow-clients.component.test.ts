import { serve } from '@uw-wizard/testkit/http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withClients } from '../src/http/patience.ts';
import { type House, headersOf, keys, openHouse } from './house.ts';
import { problemIn, rawCall } from './raw-call.ts';

let house: House;
let hasty: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  house = await openHouse();
  hasty = await serve(house.gateway.app, { headersMs: 150, requestMs: 400, refuse: house.gateway.refuse });
});
afterAll(async () => {
  await hasty.stop();
  await house.close();
});

const head = [
  'POST /api/alerts HTTP/1.1',
  'Host: gateway.test',
  `Authorization: Bearer ${keys.admin}`,
  'X-Tenant-ID: demo',
  'Idempotency-Key: k-slow',
  'Content-Type: application/json',
  'Content-Length: 1000',
].join('\r\n');

it('a client that does not finish its headers loses its connection', async () => {
  const { statuses, text, tookMs } = await rawCall(hasty.baseUrl, head);
  expect(statuses).toEqual([408]);
  expect(problemIn(text)).toMatchObject({ status: 408, code: 'request-timeout' });
  expect(tookMs).toBeLessThan(5_000);
});

it('a client that says nothing at all loses its connection', async () => {
  expect((await rawCall(hasty.baseUrl)).tookMs).toBeLessThan(5_000);
});

it('a client that does not finish its body loses its connection, and nothing of it reaches a service', async () => {
  const { statuses, text, tookMs } = await rawCall(
    hasty.baseUrl,
    `${head}\r\nX-Request-Id: slow-1\r\n\r\n{"message": `,
  );
  expect(statuses).toEqual([408]);
  expect(problemIn(text)).toMatchObject({ status: 408, code: 'request-timeout', request_id: 'slow-1' });
  expect(tookMs).toBeGreaterThan(390);
  expect(tookMs).toBeLessThan(5_000);
  expect(house.seen).toEqual([]);
});

it('a client that lets us wait for its next call only, keeps its connection', async () => {
  const read = () => fetch(`${hasty.baseUrl}/api/alerts`, { headers: headersOf() });
  expect((await read()).status).toBe(200);
  // Others are cut off meanwhile.
  await rawCall(hasty.baseUrl, head);
  expect((await read()).status).toBe(200);
});

it('a gateway gives its clients seconds for the headers and minutes for an upload', () => {
  expect(withClients.headersMs).toBeLessThanOrEqual(30_000);
  expect(withClients.requestMs).toBeLessThanOrEqual(300_000);
});
