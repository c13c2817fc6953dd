import { parseArgs } from 'node:util';
import { createCarefulClient } from './chaos/careful-client.ts';
import { createClient } from './flow/client.ts';
import { fail, paint, wholeNumber } from './flow/command-line.ts';
import { readCredentials, targetOf } from './flow/credentials.ts';
import { percentile, prepareFlows, runFlows } from './flow/many-flows.ts';

const help = `npm run flows -- [options]

Runs many merchants' deals from start to signature against a running gateway, back to back without a pause, and checks
every answer and every timeline. Prints flows per second and each step's times; ends with an exit code that is not 0 at
the first wrong thing.

  --merchants N         how many (default: 200)
  --at-once N           how many at a time (default: 10)
  --base-url URL        the gateway (default: the one in the credentials file)
  --credentials FILE    the file the first start wrote (default: ./data/credentials.json); -: standard input
  --seed N              number of the first invented merchant (default: any)
  --patient             repeat, with its key, a call that got no answer, 429, 502, 503 or 504 (for two minutes)
  --help                this text
`;

async function flows(): Promise<void> {
  const { values } = parseArgs({
    options: {
      merchants: { type: 'string', default: '200' },
      'at-once': { type: 'string', default: '10' },
      'base-url': { type: 'string' },
      credentials: { type: 'string', default: './data/credentials.json' },
      seed: { type: 'string' },
      patient: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const count = wholeNumber('--merchants', values.merchants, 1);
  const atOnce = wholeNumber('--at-once', values['at-once'], 1);
  const firstSeed =
    values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : wholeNumber('--seed', values.seed);
  const target = targetOf(await readCredentials(values.credentials), values['base-url']);
  const hardships = { calls: 0, repeats: 0, lostConnections: 0 };
  const client = values.patient ? createCarefulClient([target], hardships) : createClient(target);

  const prepared = await prepareFlows({ count, firstSeed, onPrepared: progress('statements', count) });
  const ran = await runFlows(client, {
    flows: prepared,
    atOnce,
    key: `flows-${firstSeed}-${Date.now()}`,
    ...(values.patient ? { settleMs: 60_000 } : {}),
    onFlow: progress('signed', count),
  });
  process.stdout.write(`\n${'step'.padEnd(12)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)}\n`);
  for (const [name, times] of ran.steps) {
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map((ms) => ms.toFixed(0).padStart(8));
    process.stdout.write(`${name.padEnd(12)} ${p50} ${p99}\n`);
  }
  if (values.patient) {
    process.stdout.write(
      `\n${hardships.calls} calls, repeated ${hardships.repeats} times, ${hardships.lostConnections} of them because the connection broke\n`,
    );
  }
  const perSecond = (ran.flows / ran.tookMs) * 1000;
  process.stdout.write(
    `\n${paint('passed', 'green')}  ${ran.flows} deals signed in ${(ran.tookMs / 1000).toFixed(1)} s, ${atOnce} at a time: ${perSecond.toFixed(1)} flows/s\n`,
  );
}

/** One line that counts up on a terminal; elsewhere a line for every tenth part. */
function progress(what: string, count: number): (done: number) => void {
  return (done) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${what} ${done}/${count}${done === count ? '\n' : ''}`);
    else if (done === count || done % Math.ceil(count / 10) === 0) process.stdout.write(`${what} ${done}/${count}\n`);
  };
}

try {
  await flows();
} catch (error) {
  fail(error);
}
