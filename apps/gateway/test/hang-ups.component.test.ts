import { once } from 'node:events';
import { request } from 'node:http';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, objectOf, openHouse } from './house.ts';

let house: House;
let lines: { level: string; path?: string; client_gone?: boolean }[];
beforeEach(async () => {
  lines = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  house = await openHouse({ deps: { log: createLogger({ service: 'gateway', level: 'info', destination }) } });
});
afterEach(() => house.close());

const levels = () => lines.map(({ level }) => level);

/** Begins a call, leaves it once `begun` is true, and waits until the gateway has noticed. */
async function hangUp(
  method: string,
  path: string,
  headers: Record<string, string>,
  half: Buffer | null,
  begun: () => Promise<void> | void,
) {
  const call = request(`${house.baseUrl}${path}`, { method, headers });
  call.on('error', () => undefined);
  if (half === null) call.end();
  else call.write(half);
  await eventually(begun);
  call.destroy();
  await eventually(() => expect(lines[0]).toMatchObject({ path, client_gone: true }));
}

describe('a client that hangs up is no error of the gateway', () => {
  it('in the middle of an upload', async () => {
    const headers = headersOf({ 'content-type': 'multipart/form-data; boundary=b', 'content-length': '500000' });
    await hangUp('POST', '/api/documents/bank/upload', headers, Buffer.alloc(100_000), () =>
      expect(house.askedKeys).toBe(1),
    );
    await house.close();
    expect(levels()).toEqual(['info']);
  });

  it.each(['/api/alerts', '/api/documents/1/content'])('while a service works on a read: %s', async (path) => {
    const closed = Promise.withResolvers<unknown>();
    house.reply = (_seen, res) => closed.resolve(once(res, 'close'));
    await hangUp('GET', path, headersOf({ 'content-type': undefined }), null, () => expect(house.seen).toHaveLength(1));
    await closed.promise;
    await house.close();
    expect(levels()).toEqual(['info']);
  });

  it('but a service that fails still is one', async () => {
    house.reply = (_seen, _res, req) => req.socket.destroy();
    const response = await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf() });
    expect((await objectOf(response)).code).toBe('bad-gateway');
    await eventually(() => expect(levels().toSorted()).toEqual(['error', 'info']));
  });
});
