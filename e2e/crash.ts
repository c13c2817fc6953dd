import { parseArgs } from 'node:util';
import { startThrowAwayPostgres } from '@uw-wizard/local-postgres/throw-away';
import { type CrashRig, openCrashRig } from './crash/crash-rig.ts';
import type { Death } from './crash/death.ts';
import { tryEdge } from './crash/try-edge.ts';
import { fail, paint, wholeNumber } from './flow/command-line.ts';
import { prepareFlows } from './flow/many-flows.ts';

const help = `npm run crash -- [options]

Kills the house at every edge of a flow (after each commit, provider call and answer), starts it again, repeats the
interrupted call with its key, and counts: one deal, three documents, three offers, one envelope, one text, one sign.signed.
Ends with an exit code that is not 0 at the first difference.

  --mode MODE           node: the process alone; everything: the embedded database too; both (default)
  --from N              first edge (default: 1)
  --to N                last edge (default: the last one of a flow)
  --step N              every N-th edge only (default: 1)
  --keep-going          try all edges, also after a difference
  --help                this text
`;

type Range = { from: number; to: number; step: number; keepGoing: boolean };

async function crash(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mode: { type: 'string', default: 'both' },
      from: { type: 'string', default: '1' },
      to: { type: 'string' },
      step: { type: 'string', default: '1' },
      'keep-going': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const range = {
    from: wholeNumber('--from', values.from, 1),
    to: values.to === undefined ? maxEdges : wholeNumber('--to', values.to, 1),
    step: wholeNumber('--step', values.step, 1),
    keepGoing: values['keep-going'],
  };
  if (!['node', 'everything', 'both'].includes(values.mode)) {
    throw new Error(`--mode takes node, everything or both, not "${values.mode}".`);
  }
  let differing = 0;
  if (values.mode !== 'everything') differing += await onLastingDatabase(range);
  if (values.mode !== 'node') differing += await onEmbeddedDatabase(range);
  if (differing > 0) throw new Error(`${differing} edges made a difference`);
}

/** No flow has as many; a hook that counts for ever must not keep us for ever. */
const maxEdges = 1_000;

async function onLastingDatabase(range: Range): Promise<number> {
  const postgres = await startThrowAwayPostgres();
  try {
    return await onRig(await openCrashRig({ databaseUrl: postgres.url('postgres') }), 'node', range);
  } finally {
    await postgres.stop();
  }
}

async function onEmbeddedDatabase(range: Range): Promise<number> {
  return onRig(await openCrashRig({}), 'everything', range);
}

/** One merchant for each edge, all in one house. Returns at how many edges something was different afterwards. */
async function onRig(rig: CrashRig, who: Death['who'], range: Range): Promise<number> {
  let differing = 0;
  try {
    for (let atEdge = range.from; atEdge <= range.to; atEdge += range.step) {
      const startedAt = performance.now();
      const [flow] = await prepareFlows({ count: 1, firstSeed: 100_000 + atEdge });
      if (flow === undefined) break;
      const attempt = await tryEdge(rig, { flow, key: `crash-${who}-${atEdge}`, death: { atEdge, who } });
      const seconds = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
      const what = attempt.lastWords ?? `not reached, the flow has ${attempt.edges} edges`;
      const mark = attempt.faults.length === 0 ? paint('ok  ', 'green') : paint('FAIL', 'red');
      process.stdout.write(`${mark}  ${who.padEnd(10)} ${String(atEdge).padStart(4)}  ${what}  ${seconds}\n`);
      for (const fault of attempt.faults) process.stdout.write(`        ${fault}\n`);
      if (attempt.faults.length > 0) differing += 1;
      if (attempt.edges !== null || (differing > 0 && !range.keepGoing)) break;
    }
  } finally {
    await rig.close();
  }
  return differing;
}

try {
  await crash();
} catch (error) {
  fail(error);
}
