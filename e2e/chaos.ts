import { parseArgs } from 'node:util';
import { faultTable } from './chaos/bring-faults.ts';
import { runChaos } from './chaos/run-chaos.ts';
import { startCluster } from './cluster/cluster.ts';
import { fail, paint, wholeNumber } from './flow/command-line.ts';

const help = `npm run chaos -- [options]

Starts every service as processes of their own, several replicas of each, with real PostgreSQL, NATS, Redis and S3 on this
machine's loopback interface; runs merchants' deals from start to signature while it kills (SIGKILL), freezes (SIGSTOP) and
restarts every one of them but S3; lets everything settle; and compares what was acknowledged with databases, files and the
mock providers' ledgers: lost, duplicated, stuck, out of order. Prints a table and ends with an exit code that is not 0 when
anything differs.

  --minutes N           how long faults come (default: 2)
  --seed N              which faults, in which order (default: 1)
  --replicas N          of each service and of the gateway (default: 2)
  --at-once N           merchants at a time (default: 6)
  --every-ms N          a fault so often, on average (default: 3000)
  --longest-ms N        no fault lasts longer (default: 8000)
  --keep                leave the folder with all logs and the ledger also when nothing differs
  --help                this text
`;

async function chaos(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      replicas: { type: 'string', default: '2' },
      'at-once': { type: 'string', default: '6' },
      'every-ms': { type: 'string', default: '3000' },
      'longest-ms': { type: 'string', default: '8000' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const number = (name: Exclude<keyof typeof values, 'keep' | 'help'>) => wholeNumber(`--${name}`, values[name], 1);
  const seed = number('seed');
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const cluster = await startCluster({
    replicas: number('replicas'),
    onStep: (step) => say(`starting ${step} …`),
    keep: values.keep,
  });
  process.once('SIGINT', () => void cluster.stop().finally(() => process.exit(130)));
  say(`the cluster runs; its logs are in ${cluster.folder}${values.keep ? '' : ' until the end'}`);
  const startedAt = Date.now();
  try {
    const report = await runChaos(cluster, {
      seed,
      lastsMs: number('minutes') * 60_000,
      atOnce: number('at-once'),
      everyMs: number('every-ms'),
      longestMs: number('longest-ms'),
      onFault: ({ kind, part, lastsMs }) =>
        say(`${clock(startedAt)}  ${kind.padEnd(8)}${part} for ${(lastsMs / 1_000).toFixed(1)} s`),
      onStep: (step) => say(`${clock(startedAt)}  ${step} …`),
    });
    const { hardships, findings } = report;
    say(`\n${faultTable(report.faults)}\n`);
    say(`deals signed         ${report.signed}`);
    say(
      `acknowledged calls   ${report.acknowledged} (and ${hardships.calls} made, ${hardships.repeats} of them again, ${hardships.lostConnections} without an answer)`,
    );
    for (const kind of ['lost', 'duplicated', 'stuck', 'out of order'] as const) {
      say(`${kind.padEnd(20)} ${findings.filter((finding) => finding.kind === kind).length}`);
    }
    for (const { kind, what } of findings.slice(0, 20)) say(`${paint(kind, 'red')}  ${what}`);
    if (findings.length > 0) throw new Error(`seed ${seed} made ${findings.length} differences`);
    say(`${paint('passed', 'green')}  seed ${seed}: nothing lost, duplicated, stuck or out of order`);
  } catch (error) {
    cluster.keepFolder();
    say(`its logs stay in ${cluster.folder}`);
    throw error;
  } finally {
    await cluster.stop();
  }
}

/** Since the beginning, in minutes and seconds. */
function clock(startedAt: number): string {
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

try {
  await chaos();
} catch (error) {
  fail(error);
}
