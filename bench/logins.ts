import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { fail, wholeNumber } from '@uw-wizard/e2e/flow/command-line';
import { percentile } from '@uw-wizard/e2e/flow/many-flows';
import { type House, startHouse } from '@uw-wizard/e2e/house';
import { openBooks } from '@uw-wizard/e2e/house/books';
import { makeHouseFolder } from '@uw-wizard/e2e/house/house-folder';
import { Client } from 'undici';
import type { Crowd, CrowdTold } from './login-crowd.ts';

const help = `npm run bench:logins -- [options]

How long reads take while a crowd logs in at once, each at an account of its own, with the limit of logins lifted: GET
/api/deals/{id}, 50 times a second, evenly, each timed from when it was due. Those who read were at work before the crowd
came, and are counted from then on. Whoever is told 429 comes again when told to. Beside it the same reads with nobody
logging in.

  --accounts N    how many log in (default: 1000)
  --seconds N     how long (default: 20)
  --limit N       milliseconds that the p99 of the reads may take meanwhile (default: 100); more ends with an error
  --help          this text
`;

const readsPerSecond = 50;

/** For so long those who read are at work before they are counted: the house knows them, and their connections are open. */
const leadMs = 3_000;

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      accounts: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '20' },
      limit: { type: 'string', default: '100' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const accounts = wholeNumber('--accounts', values.accounts, 1);
  const lastsMs = wholeNumber('--seconds', values.seconds, 1) * 1_000;
  const limitMs = wholeNumber('--limit', values.limit, 1);
  const folder = await makeHouseFolder();
  try {
    const unlimited = { RATE_LIMIT_LOGIN_PER_MINUTE: '0', RATE_LIMIT_ADDRESS_PER_SECOND: '0' };
    const house = await startHouse({ dataDir: folder.dataDir, env: unlimited });
    try {
      const emails = await makeAccounts(house, accounts);
      const path = await makeDeal(house);
      const alone = await read(house, path, lastsMs);
      const crowd = await gather({
        baseUrl: house.target.baseUrl,
        emails,
        password: house.credentials.password,
        lastsMs,
      });
      const [beside, told] = await Promise.all([read(house, path, lastsMs), sleep(leadMs).then(() => crowd.logIn())]);
      const row = (name: string, times: readonly number[]) =>
        `${name.padEnd(34)} p50 ${ms(times, 0.5)}  p99 ${ms(times, 0.99)}  slowest ${ms(times, 1)}  (${times.length})\n`;
      process.stdout.write(
        `\n${row('reads, nobody logs in', alone)}${row(`reads, ${accounts} log in at once`, beside)}`,
      );
      const answers = Object.entries(told.answers).map(([status, count]) => `${count} × ${status}`);
      process.stdout.write(
        `logins: ${told.loggedIn} of ${accounts} in ${(lastsMs / 1_000).toFixed(0)} s; ${answers.join(', ')}\n`,
      );
      const others = Object.keys(told.answers).filter((status) => status !== '200' && status !== '429');
      if (others.length > 0) throw new Error(`logins were answered ${others}`);
      const p99Ms = percentile(beside, 0.99);
      if (p99Ms > limitMs) throw new Error(`the p99 of the reads was ${p99Ms.toFixed(0)} ms, more than ${limitMs}`);
    } finally {
      await house.stop();
    }
  } finally {
    await folder.remove();
  }
}

const ms = (times: readonly number[], share: number) => `${percentile(times, share).toFixed(1).padStart(7)} ms`;

/** Users with the admin's password: its hash is copied, since making a thousand would take longer than all the rest. */
async function makeAccounts(house: House, count: number): Promise<string[]> {
  const books = await openBooks(house);
  const emails = Array.from({ length: count }, (_, at) => `user-${at}@example.com`);
  await books.query(
    'auth',
    `INSERT INTO users (id, tenant_id, email, name, role, password_hash)
     SELECT gen_random_uuid(), tenant_id, made, made, 'analyst', password_hash FROM users, unnest($1::text[]) AS made
     WHERE email = $2`,
    [emails, house.credentials.email],
  );
  await books.close();
  return emails;
}

async function makeDeal({ client }: House): Promise<string> {
  const json = { merchant: { legal_name: 'Prairie Bakery LLC', state: 'IL' } };
  const { status, text, body } = await client.call('POST', '/api/deals/start', { json });
  if (status !== 200) throw new Error(`no deal was started: ${status} ${text}`);
  return `/api/deals/${body.deal_id}`;
}

/** How long each read took that was due after `leadMs`, in milliseconds. */
async function read({ target }: House, path: string, lastsMs: number): Promise<number[]> {
  const client = new Client(target.baseUrl, { pipelining: 1 });
  const spare = Array.from({ length: 15 }, () => new Client(target.baseUrl));
  const clients = [client, ...spare];
  const times: number[] = [];
  const startedAt = performance.now();
  const count = Math.floor(((leadMs + lastsMs) / 1_000) * readsPerSecond);
  await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const dueAt = startedAt + (at * 1_000) / readsPerSecond;
      await sleep(Math.max(0, dueAt - performance.now()));
      const { statusCode, body } = await (clients[at % clients.length] ?? client).request({
        method: 'GET',
        path,
        headers: { authorization: `Bearer ${target.apiKey}`, 'x-request-id': randomUUID() },
      });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`a read was answered ${statusCode}: ${text}`);
      if (dueAt >= startedAt + leadMs) times.push(performance.now() - dueAt);
    }),
  );
  await Promise.all(clients.map((each) => each.destroy()));
  return times;
}

/** A crowd on a thread of its own, so that its work does not delay the clock of the reads; ready before it begins. */
async function gather(crowd: Crowd): Promise<{ logIn(): Promise<CrowdTold> }> {
  const worker = new Worker(new URL('login-crowd.ts', import.meta.url), { workerData: crowd });
  await once(worker, 'message');
  return {
    async logIn() {
      worker.postMessage('begin');
      const [told]: CrowdTold[] = await once(worker, 'message');
      await worker.terminate();
      if (told === undefined) throw new Error('the crowd said nothing');
      return told;
    },
  };
}

try {
  await bench();
} catch (error) {
  fail(error);
}
