import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOidcFetch, isAway } from './oidc-fetch.ts';

let asked = 0;
const server = createServer((req, res) => {
  asked += 1;
  res.end(req.url === '/long' ? `"${'x'.repeat(1_100_000)}"` : '{}');
});
let host = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterAll(() => void server.close());

const ask = (hosts: string[], url: string) =>
  createOidcFetch(new Set(hosts))(url, { method: 'GET', headers: {}, body: undefined, redirect: 'manual' });

test('a provider is asked at its own hosts, whatever addresses it names', async () => {
  expect((await ask([host], `http://${host}/keys`)).status).toBe(200);
  asked = 0;
  for (const hosts of [['login.example.com'], ['127.0.0.1'], [`${host}0`]]) {
    const error = await ask(hosts, `http://${host}/keys`).catch((thrown: unknown) => thrown);
    expect([String(error), isAway(error)]).toEqual([expect.stringContaining('OIDC_HOSTS'), false]);
  }
  expect(asked).toBe(0);
});

test('no answer is read that is longer than a provider has to say', async () => {
  await expect(ask([host], `http://${host}/long`)).rejects.toThrow('more than 1048576 bytes');
});
