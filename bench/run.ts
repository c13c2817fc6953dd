import { writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fail, wholeNumber } from '@uw-wizard/e2e/flow/command-line';
import { percentile, prepareFlows, runFlows } from '@uw-wizard/e2e/flow/many-flows';
import { runFlow } from '@uw-wizard/e2e/flow/steps';
import { type House, startHouse } from '@uw-wizard/e2e/house';
import { makeHouseFolder } from '@uw-wizard/e2e/house/house-folder';
import { databasePid } from '@uw-wizard/e2e/house/processes';
import { type GatewayCost, measureGateway } from './gateway-cost.ts';
import { databaseMib, type Memory, memoryOf } from './memory.ts';
import { measureStarts, type StartTimes } from './start-times.ts';

const help = `npm run bench -- [options]

Measures the standalone on this machine: how long it takes to start, flows per second, what the gateway adds to a call,
and memory. Takes a few minutes; everything stays on the loopback interface and in a temporary folder.

  --flows N       how many flows (default: 1000)
  --at-once N     how many at a time (default: 10)
  --calls N       how many calls of each kind for the gateway (default: 3000)
  --json FILE     also write the numbers there
  --help          this text
`;

type Numbers = {
  machine: string;
  start: StartTimes;
  gateway: GatewayCost;
  flows: { count: number; atOnce: number; perSecond: number; p50Ms: number; p99Ms: number };
  memory: { idle: Memory; after: Memory; databaseIdleMib: number | null; databaseAfterMib: number | null };
};

/** As many flows are prepared at a time: their statements take memory here, not there. */
const batch = 200;

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      flows: { type: 'string', default: '1000' },
      'at-once': { type: 'string', default: '10' },
      calls: { type: 'string', default: '3000' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const count = wholeNumber('--flows', values.flows, 1);
  const atOnce = wholeNumber('--at-once', values['at-once'], 1);
  const calls = wholeNumber('--calls', values.calls, 1);

  const folder = await makeHouseFolder();
  try {
    say('start times');
    const start = await measureStarts(folder.dataDir, 3);
    // How fast it is is the question, not how fast it lets one key be.
    const unlimited = { RATE_LIMIT_KEY_PER_SECOND: '0', RATE_LIMIT_ADDRESS_PER_SECOND: '0' };
    const house = await startHouse({ dataDir: folder.dataDir, env: unlimited });
    try {
      const idle = await memory(house);
      const [flow] = await prepareFlows({ count: 1, firstSeed: 0 });
      if (flow === undefined) return;
      say('what the gateway adds');
      const { dealId } = await runFlow(house.client, { ...flow, key: 'bench' });
      const gateway = await measureGateway(house, { dealId, calls });
      const flows = await measureFlows(house, { count, atOnce });
      const after = await memory(house);
      const numbers: Numbers = {
        machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${platform()} ${arch()}, Node ${process.version}`,
        start,
        gateway,
        flows,
        memory: {
          idle: idle.house,
          after: after.house,
          databaseIdleMib: idle.databaseMib,
          databaseAfterMib: after.databaseMib,
        },
      };
      process.stdout.write(tableOf(numbers));
      if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(numbers, null, 2)}\n`);
    } finally {
      await house.stop();
    }
  } finally {
    await folder.remove();
  }
}

async function measureFlows(
  house: House,
  { count, atOnce }: { count: number; atOnce: number },
): Promise<Numbers['flows']> {
  const times: number[] = [];
  let tookMs = 0;
  for (let done = 0; done < count; done += batch) {
    const flows = await prepareFlows({ count: Math.min(batch, count - done), firstSeed: done + 1 });
    const ran = await runFlows(house.client, { flows, atOnce, key: `bench-${done}` });
    tookMs += ran.tookMs;
    times.push(...(ran.steps.get('flow') ?? []));
    say(`flows ${times.length}/${count}`);
  }
  return {
    count,
    atOnce,
    perSecond: (count / tookMs) * 1000,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
  };
}

async function memory(house: House): Promise<{ house: Memory; databaseMib: number | null }> {
  // What the last calls left to do by themselves is done by then.
  await sleep(5_000);
  const database = databasePid(house.dataDir);
  return { house: await memoryOf(house.pid), databaseMib: database === null ? null : await databaseMib(database) };
}

function tableOf({ machine, start, gateway, flows, memory: { idle, after, ...database } }: Numbers): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const milliseconds = (ms: number) => `${ms.toFixed(1)} ms`;
  const mib = (size: number | null) => (size === null ? 'not known' : `${size.toFixed(0)} MiB`);
  const rows: [string, string][] = [
    ['npm start, first time', seconds(start.firstMs)],
    ['npm start, second time (best of 3)', seconds(start.secondMs)],
    [`flows per second, ${flows.atOnce} at a time`, flows.perSecond.toFixed(2)],
    [`one flow, start to signature (p50, p99 of ${flows.count})`, `${seconds(flows.p50Ms)}, ${seconds(flows.p99Ms)}`],
    [
      'GET /api/deals/{id} through the gateway (p50, p99)',
      `${milliseconds(gateway.throughP50Ms)}, ${milliseconds(gateway.throughP99Ms)}`,
    ],
    [
      'GET /api/deals/{id} at the service (p50, p99)',
      `${milliseconds(gateway.directP50Ms)}, ${milliseconds(gateway.directP99Ms)}`,
    ],
    [
      'the gateway adds (p50, p99)',
      `${milliseconds(gateway.throughP50Ms - gateway.directP50Ms)}, ${milliseconds(gateway.throughP99Ms - gateway.directP99Ms)}`,
    ],
    ['memory of the house, idle (resident, anonymous)', `${mib(idle.rssMib)}, ${mib(idle.anonymousMib)}`],
    [`memory of the house after ${flows.count} flows`, `${mib(after.rssMib)}, ${mib(after.anonymousMib)}`],
    ['memory of its database, idle and after', `${mib(database.databaseIdleMib)}, ${mib(database.databaseAfterMib)}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `\n${machine}\n\n${rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await bench();
} catch (error) {
  fail(error);
}
