import { openAsBlob } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startCluster } from '@uw-wizard/e2e/cluster/cluster';
import { type Client, createClient, type Target } from '@uw-wizard/e2e/flow/client';
import { fail, wholeNumber } from '@uw-wizard/e2e/flow/command-line';
import { childrenOf } from '@uw-wizard/e2e/house/processes';
import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import { largeStatement } from '@uw-wizard/testkit/statements/large-statement';
import { memoryOf } from './memory.ts';

const help = `node bench/upload-memory.ts [options]

What uploads of three statements of 15 MiB each, all at once, cost the gateway and documents-svc in anonymous memory above
idle: on disk and on S3. Ends with an error when it is more than --limit. Needs Linux.

  --at-once N     how many uploads (default: 10)
  --rounds N      how many times (default: 3)
  --limit N       MiB above idle that no process may take (default: 150)
  --help          this text
`;

const fileBytes = 15 * 1024 * 1024;
const watched = ['gateway', 'documents-svc'] as const;
type Watched = (typeof watched)[number];
type Row = { store: string; part: Watched; idleMib: number; highestMib: number };

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'at-once': { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      limit: { type: 'string', default: '150' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const atOnce = wholeNumber('--at-once', values['at-once'], 1);
  const rounds = wholeNumber('--rounds', values.rounds, 1);
  const limitMib = wholeNumber('--limit', values.limit, 1);
  const rows = [...(await measure('local', { atOnce, rounds })), ...(await measure('s3', { atOnce, rounds }))];
  process.stdout.write(`\n${atOnce} uploads of 45 MiB at once, anonymous memory in MiB\n\n`);
  for (const { store, part, idleMib, highestMib } of rows) {
    const more = (highestMib - idleMib).toFixed(0).padStart(4);
    const figures = `idle ${idleMib.toFixed(0).padStart(4)}  highest ${highestMib.toFixed(0).padStart(4)}  more ${more}`;
    process.stdout.write(`${store.padEnd(6)} ${part.padEnd(14)} ${figures}\n`);
  }
  const tooMuch = rows.filter(({ idleMib, highestMib }) => highestMib - idleMib > limitMib);
  if (tooMuch.length > 0) throw new Error(`more than ${limitMib} MiB above idle: ${tooMuch.map(({ part }) => part)}`);
}

async function measure(store: 'local' | 's3', { atOnce, rounds }: { atOnce: number; rounds: number }): Promise<Row[]> {
  const onStep = (step: string) => process.stderr.write(`${store}: ${step}\n`);
  const cluster = await startCluster({ replicas: 1, env: { STORAGE: store }, onStep });
  try {
    const [target] = cluster.targets;
    const client = createClient(target);
    const files = await prepareFiles(cluster.folder);
    const pids = await pidsOf(watched);
    // What starting left to do by itself is done by then.
    await sleep(5_000);
    const idle = await anonymousMib(pids);
    let over = false;
    const highest = { ...idle };
    const watching = (async () => {
      while (!over) {
        const now = await anonymousMib(pids);
        for (const part of watched) highest[part] = Math.max(highest[part], now[part]);
        await sleep(50);
      }
    })();
    try {
      for (let round = 1; round <= rounds; round += 1) {
        onStep(`round ${round}`);
        const started = await Promise.all(Array.from({ length: atOnce }, () => startDeal(client)));
        await Promise.all(started.map((deal) => upload(target, deal, files)));
      }
    } finally {
      over = true;
      await watching;
    }
    return watched.map((part) => ({ store, part, idleMib: idle[part], highestMib: highest[part] }));
  } finally {
    await cluster.stop();
  }
}

async function prepareFiles(folder: string): Promise<string[]> {
  const statements = await generateStatements({ seed: 1, legalName: 'Prairie Bakery LLC' });
  return Promise.all(
    statements.map(async ({ pdf }, at) => {
      const path = join(folder, `large-${at}.pdf`);
      await writeFile(path, await largeStatement(pdf, fileBytes));
      return path;
    }),
  );
}

type Deal = { deal_id: string; merchant_id: string };
let merchants = 0;

async function startDeal(client: Client): Promise<Deal> {
  merchants += 1;
  const merchant = { legal_name: `Prairie Bakery ${merchants} LLC`, state: 'IL' };
  const { status, text, body } = await client.call('POST', '/api/deals/start', { json: { merchant } });
  if (status !== 200) throw new Error(`no deal was started: ${status} ${text}`);
  return body;
}

/** From the disk, so that this process does not take what is not measured here. */
async function upload({ baseUrl, apiKey, tenantId }: Target, deal: Deal, files: readonly string[]): Promise<void> {
  const form = new FormData();
  for (const path of files) form.append('files', await openAsBlob(path, { type: 'application/pdf' }), 'statement.pdf');
  const query = new URLSearchParams({ deal_id: deal.deal_id, merchant_id: deal.merchant_id });
  const response = await fetch(`${baseUrl}/api/documents/bank/upload?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'x-tenant-id': tenantId, 'idempotency-key': crypto.randomUUID() },
    body: form,
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`an upload failed: ${response.status} ${text}`);
}

/** The processes that this one started, by what they run. */
async function pidsOf(parts: readonly Watched[]): Promise<Record<Watched, number>> {
  const found = new Map<string, number>();
  for (const pid of childrenOf(process.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    for (const part of parts) if (command.includes(`/apps/${part}/src/main.ts`)) found.set(part, pid);
  }
  const pidOf = (part: Watched): number => {
    const pid = found.get(part);
    if (pid === undefined) throw new Error(`${part} does not run`);
    return pid;
  };
  return { gateway: pidOf('gateway'), 'documents-svc': pidOf('documents-svc') };
}

async function anonymousMib(pids: Record<Watched, number>): Promise<Record<Watched, number>> {
  const of = async (part: Watched) => (await memoryOf(pids[part])).anonymousMib ?? 0;
  return { gateway: await of('gateway'), 'documents-svc': await of('documents-svc') };
}

try {
  await bench();
} catch (error) {
  fail(error);
}
