import { parseArgs } from 'node:util';
import { type Outage, withEverything, withoutAReplica, withoutNats, withoutRedis } from './chaos/outages.ts';
import { startCluster } from './cluster/cluster.ts';
import { fail, paint, wholeNumber } from './flow/command-line.ts';

const help = `npm run outages -- [options]

Starts two of every service with real PostgreSQL, NATS, Redis and S3, takes one part away at a time, and looks whether what is
promised for that holds: first with everything, then without one of two replicas of each service, without NATS, without Redis.
Ends with an exit code that is not 0 when it does not.

  --seconds N     how long NATS is away (default: 60)
  --flows N       how many deals go their way while nothing is wrong, 20 at a time (default: 500)
  --disturbed N   and how many while replicas are killed, 4 at a time (default: 100)
  --help          this text
`;

async function outages(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      flows: { type: 'string', default: '500' },
      disturbed: { type: 'string', default: '100' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const seconds = wholeNumber('--seconds', values.seconds, 1);
  const flows = wholeNumber('--flows', values.flows, 1);
  const disturbed = wholeNumber('--disturbed', values.disturbed, 1);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const cluster = await startCluster({ replicas: 2, onStep: (step) => say(`starting ${step} …`) });
  let faults = 0;
  const tell = (what: string, outage: Outage) => {
    faults += outage.faults.length;
    const mark = outage.faults.length === 0 ? paint('ok  ', 'green') : paint('FAIL', 'red');
    say(`${mark}  ${what}: ${outage.calls} calls, ${outage.faults.length} not as promised`);
    for (const fault of outage.faults.slice(0, 20)) say(`      ${fault}`);
  };
  try {
    const all = await withEverything(cluster, { seed: 60_000, count: flows, atOnce: 20 });
    tell(`two of everything, ${flows} deals signed at ${all.perSecond.toFixed(1)}/s`, all);
    tell(
      'one of two replicas of each service killed',
      await withoutAReplica(cluster, { seed: 10_000, count: disturbed }),
    );
    tell(`NATS away for ${seconds} s`, await withoutNats(cluster, { seed: 20_000, lastsMs: seconds * 1_000 }));
    tell('Redis away', await withoutRedis(cluster, { seed: 40_000 }));
  } finally {
    await cluster.stop();
  }
  if (faults > 0) throw new Error(`${faults} promises were not kept`);
}

try {
  await outages();
} catch (error) {
  fail(error);
}
