import { writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { fail, wholeNumber } from '@uw-wizard/e2e/flow/command-line';
import { type EventTimes, measureEvents } from './events.ts';
import { type GatewayRow, measureGateway } from './gateway.ts';
import { type HouseNumbers, measureHouse } from './house.ts';
import { eventsTable, gatewayTable, houseTable } from './tables.ts';

const help = `npm run bench -- [options]

Measures on this machine, all on the loopback interface and in temporary folders, each part beside its baselines in one run
and turn by turn:
  gateway   what it adds to GET /api/deals/{id}, beside a direct call, a bare http-proxy-middleware, a bare undici proxy,
            and nginx where it is installed
  events    how long an event takes from its commit to its handling over JetStream, and how many one relay publishes
  house     the standalone: start times, flows per second, memory
Close everything else first: what else runs is measured along. docs/performance.md says how to read the numbers.

  --only PARTS    some of gateway,events,house (default: all)
  --rounds N      rounds of the gateway's loads (default: 12)
  --seconds N     how long one load lasts (default: 2)
  --flows N       how many flows (default: 500)
  --at-once N     how many at a time (default: 10)
  --json FILE     also write the numbers there
  --help          this text
`;

const parts = ['gateway', 'events', 'house'] as const;

type Numbers = { machine: string; gateway?: GatewayRow[]; events?: EventTimes; house?: HouseNumbers };

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: parts.join(',') },
      rounds: { type: 'string', default: '12' },
      seconds: { type: 'string', default: '2' },
      flows: { type: 'string', default: '500' },
      'at-once': { type: 'string', default: '10' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const only = values.only.split(',');
  const unknown = only.find((name) => !parts.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`--only takes some of ${parts.join(',')}, not "${unknown}".`);
  const seconds = wholeNumber('--seconds', values.seconds, 1);
  const rounds = wholeNumber('--rounds', values.rounds, 1);
  const count = wholeNumber('--flows', values.flows, 1);
  const atOnce = wholeNumber('--at-once', values['at-once'], 1);

  const numbers: Numbers = {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${platform()} ${arch()}, Node ${process.version}`,
  };
  process.stdout.write(`${numbers.machine}\n`);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  if (only.includes('gateway')) {
    numbers.gateway = await measureGateway({ rounds, lastsMs: seconds * 1_000, say });
    process.stdout.write(gatewayTable(numbers.gateway));
  }
  if (only.includes('events')) {
    numbers.events = await measureEvents({ perSecond: 200, seconds: 10 * seconds, backlog: 20_000, say });
    process.stdout.write(eventsTable(numbers.events));
  }
  if (only.includes('house')) {
    numbers.house = await measureHouse({ count, atOnce, say });
    process.stdout.write(houseTable(numbers.house));
  }
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(numbers, null, 2)}\n`);
}

try {
  await bench();
} catch (error) {
  fail(error);
}
