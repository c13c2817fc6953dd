import { parseArgs } from 'node:util';
import { fail, paint, wholeNumber } from './flow/command-line.ts';
import { complaintsOf, describeFinding } from './fuzz/describe-finding.ts';
import { fuzzEnv } from './fuzz/fuzz-env.ts';
import { runFuzz } from './fuzz/run-fuzz.ts';
import { makeHouseFolder } from './house/house-folder.ts';
import { startHouse } from './house.ts';

const help = `npm run fuzz -- [options]

Starts a house of its own and calls every route of the table with what no client should send: values of wrong types and
sizes, all of Unicode, deep nesting, huge numbers, names that JavaScript knows, odd headers, parameters twice, damaged bodies
and forms, signed rubbish from providers. Prints each call that was answered with a 5xx or not at all, and how to make it
again; ends with an exit code that is not 0 when there was one, or when the house logged an error.

  --requests N          how many calls (default: 20000)
  --seed N              which ones (default: 1)
  --only N              call N of the seed alone
  --at-once N           calls at a time (default: 4)
  --help                this text
`;

async function fuzz(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      'at-once': { type: 'string', default: '4' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const seed = wholeNumber('--seed', values.seed);
  const options = {
    seed,
    requests: wholeNumber('--requests', values.requests, 1),
    atOnce: wholeNumber('--at-once', values['at-once'], 1),
    only: values.only === undefined ? undefined : wholeNumber('--only', values.only),
  };
  const folder = await makeHouseFolder();
  try {
    const house = await startHouse({ dataDir: folder.dataDir, env: fuzzEnv });
    const { findings, calls, tookMs, byStatus } = await runFuzz(house, {
      ...options,
      onFinding: (finding) => process.stdout.write(`${paint('5xx', 'red')}  ${describeFinding(finding, seed)}\n`),
      onCall: (done) => {
        if (done % 2_000 === 0) process.stdout.write(`${done} calls\n`);
      },
    });
    await house.stop();
    const complaints = complaintsOf(house.output());
    for (const line of complaints) process.stdout.write(`${paint('log', 'red')}  ${line.slice(0, 4_000)}\n`);
    const statuses = [...byStatus].toSorted(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
    process.stdout.write(`${calls} calls in ${(tookMs / 1_000).toFixed(1)} s   ${statuses.join('  ')}\n`);
    const wrong = findings.length + complaints.length;
    if (wrong > 0)
      throw new Error(
        `${findings.length} calls were answered with a 5xx or not at all, ${complaints.length} errors logged`,
      );
    process.stdout.write(`${paint('ok', 'green')}  no 5xx, no call without an answer\n`);
  } finally {
    await folder.remove();
  }
}

try {
  await fuzz();
} catch (error) {
  fail(error);
}
