import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, openHouse } from './house.ts';

type Replica = { process: ChildProcess; port: number; url: string; got: string[] };

let house: House;
let replicas: [Replica, Replica];
beforeEach(async () => {
  replicas = [await start(), await start()];
  const urls = replicas.map(({ url }) => url);
  house = await openHouse({
    config: { callTimeoutMs: 5_000 },
    services: { 'deals-svc': urls, 'documents-svc': urls, 'signing-svc': urls },
  });
});
afterEach(async () => {
  for (const replica of replicas) await stop(replica);
  await house.close();
});

async function start(port = 0): Promise<Replica> {
  const child = fork(new URL('./replica-process.ts', import.meta.url), [String(port)]);
  const [{ port: found }] = (await once(child, 'message')) as [{ port: number }];
  const replica: Replica = { process: child, port: found, url: `http://127.0.0.1:${found}`, got: [] };
  child.on('message', (message: { got: string }) => replica.got.push(message.got));
  return replica;
}

async function stop({ process: child }: Replica): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

type Sent = { method?: string; path?: string; headers?: Record<string, string>; body?: string | FormData };

async function call(query = '', { method = 'GET', path = '/api/alerts', headers = headersOf(), body }: Sent = {}) {
  const begunMs = performance.now();
  const response = await fetch(`${house.baseUrl}${path}${query}`, {
    method,
    headers,
    ...(method === 'GET' ? {} : { body: body ?? '{}' }),
  });
  const { pid, code, size } = JSON.parse((await response.text()) || '{}');
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, pid, code, size, retryAfter, elapsedMs: performance.now() - begunMs };
}

const upload = async (query = ''): Promise<Awaited<ReturnType<typeof call>>> => {
  const body = new FormData();
  body.append('files', new Blob(['%PDF-1.7'.repeat(10_000)]), 'a.pdf');
  const { 'content-type': _json, ...headers } = headersOf();
  return call(query, { method: 'POST', path: '/api/documents/bank/upload', headers, body });
};
const webhook = (query = '') => call(query, { method: 'POST', path: '/api/sign/webhook' });
const content = (query = '') => call(query, { path: '/api/documents/1/content' });
const change = (query = '') => call(query, { method: 'POST' });

const kinds = [
  ['a read', call],
  ['a read that is passed through', content],
  ['a change with a key', change],
  ['an upload', upload],
] as const;

describe('calls to a service with two replicas', () => {
  it('are spread over both', async () => {
    const pids = await Promise.all(Array.from({ length: 20 }, async () => (await call()).pid));
    expect(new Set(pids).size).toBe(2);
  });

  it('go to the one that has less to do', async () => {
    const held = call('?held=1');
    await eventually(() => expect(replicas.flatMap(({ got }) => got)).toHaveLength(1));
    const busy = replicas.find(({ got }) => got.length === 1);
    for (let n = 0; n < 6; n += 1) expect((await call()).pid).not.toBe(busy?.process.pid);
    busy?.process.send('go on');
    expect((await held).pid).toBe(busy?.process.pid);
  });

  it('get their answer while one replica is dead, and go to both again when it is back', async () => {
    const [dead, alive] = replicas;
    await stop(dead);
    for (const [, send] of [...kinds, ['a webhook', webhook] as const]) {
      for (let n = 0; n < 4; n += 1) expect(await send()).toMatchObject({ status: 200, pid: alive.process.pid });
    }
    replicas = [await start(dead.port), alive];
    await eventually(async () => {
      expect((await call()).pid).toBe(replicas[0].process.pid);
    });
  });

  it('are refused at once while both are dead', async () => {
    for (const replica of replicas) await stop(replica);
    for (const [, send] of kinds) {
      expect(await send()).toMatchObject({ status: 503, code: 'service-unavailable', retryAfter: '1' });
    }
  });
});

describe.each(kinds)('%s', (_kind, send) => {
  it('whose replica dies over it is answered by the other one', async () => {
    replicas[0].process.kill('SIGUSR2');
    for (let n = 0; n < 2; n += 1) {
      expect(await send('?die=call&once=1')).toMatchObject({ status: 200, pid: replicas[1].process.pid });
    }
    await eventually(() => expect(replicas[0].process.signalCode).toBe('SIGKILL'));
  });

  it('whose replica hangs is answered by the other one, in time', async () => {
    const [hanging, alive] = replicas;
    hanging.process.kill('SIGSTOP');
    const answers = await Promise.all(Array.from({ length: 4 }, () => send()));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 200, pid: alive.process.pid });
      expect(answer.elapsedMs).toBeLessThan(4_500);
    }
    const next = await send();
    expect(next).toMatchObject({ status: 200, pid: alive.process.pid });
    expect(next.elapsedMs).toBeLessThan(900);
    hanging.process.kill('SIGCONT');
    await eventually(async () => {
      expect((await call()).pid).toBe(hanging.process.pid);
    });
  });
});

describe('an answer that is held whole', () => {
  it.each([
    ['a read', call],
    ['a change with a key', change],
  ])('comes from the other replica when one dies in the middle of it: %s', async (_kind, send) => {
    replicas[0].process.kill('SIGUSR2');
    for (let n = 0; n < 2; n += 1) {
      expect(await send('?die=answer&once=1')).toMatchObject({ status: 200, pid: replicas[1].process.pid });
    }
  });
});

describe('a call without a key that changes something', () => {
  it('is made once: when its replica dies over it, that is the answer', async () => {
    expect(await webhook('?die=call')).toMatchObject({ status: 502, code: 'bad-gateway' });
    await eventually(() => expect(replicas.flatMap(({ got }) => got)).toHaveLength(1));
  });
});

describe('a service that is slow but alive', () => {
  it('is not asked twice', async () => {
    expect(await call('?wait=2500')).toMatchObject({ status: 200 });
    expect(replicas.flatMap(({ got }) => got)).toHaveLength(1);
  });

  it('has as long as the call may take, and not longer', async () => {
    const late = await change('?wait=20000');
    expect(late).toMatchObject({ status: 504, code: 'gateway-timeout' });
    expect(late.elapsedMs).toBeLessThan(7_000);
  });
});
