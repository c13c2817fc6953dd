import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Standalone } from './standalone.ts';
import { takeWholeTurns } from './whole-turns.ts';

const help = `npm start -- [--help]

Starts UW Wizard on embedded parts: PostgreSQL, gateway and five services in one process, providers that only pretend.
Data is kept in DATA_DIR (./data). Variables come from the environment and from a file .env in this folder; .env.example
has them all. Ctrl-C stops it; a second Ctrl-C does so at once.
`;

if (['dlq', 'outbox', 'fields'].includes(process.argv[2] ?? '')) await operate();
if (process.argv[2] === 'audit') await verify();
if (process.argv[2] === 'erase') await erase();
readArguments();
const startedAt = performance.now();
// Parsing and type stripping are remembered between starts, in a folder that nobody else can write to.
enableCompileCache(join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'node'));
const [{ loadConfig }, { startStandalone }, { announce, createLogFor, paint }] = await Promise.all([
  import('./config.ts'),
  import('./standalone.ts'),
  import('./terminal.ts'),
  takeWholeTurns(),
]);

let stopAskedAt: number | undefined;
let running: Standalone | undefined;

function giveUp(error: unknown): never {
  process.stderr.write(`\n${paint(error instanceof Error ? error.message : String(error), 'red')}\n`);
  process.exit(1);
}

process.stdout.write(`\n${paint('UW Wizard', 'bold')}\n\n`);

const starting = startStandalone(readSettings(), { onStep: announce, createLog: createLogFor(process.env.LOG_LEVEL) });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
const standalone = await starting.catch(giveUp);
running = standalone;
standalone.failed.catch(async (error: unknown) => {
  await standalone.stop();
  giveUp(error);
});

const below = relative('', standalone.credentialsPath);
const credentials = below.startsWith('..') ? standalone.credentialsPath : below;
const key = `$(sed -n 's/.*"api_key": "\\(.*\\)".*/\\1/p' ${credentials})`;
process.stdout.write(`
${paint('Ready', 'green')} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s at ${paint(standalone.baseUrl, 'bold')}
Credentials are in ${paint(credentials, 'bold')}. Try:

  curl -H "Authorization: Bearer ${key}" ${standalone.baseUrl}/api/intake/fields

Ctrl-C stops it.
`);

function readArguments(): void {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
    if (!values.help) return;
    process.stdout.write(help);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(1);
  }
}

/** An operator's call, `npm run dlq`, `npm run outbox` and `npm run fields`: on the house's data, whether or not it is running. */
async function operate(): Promise<never> {
  const [{ loadConfig }, { openHouseOperations }, { runOperatorProcess }] = await Promise.all([
    import('./config.ts'),
    import('./operate.ts'),
    import('@uw-wizard/shared/platform/run-operator'),
  ]);
  return runOperatorProcess(process, async (service) => openHouseOperations(loadConfig(readEnv()), service));
}

/** `npm run audit`: on the house's data, whether or not it is running. */
async function verify(): Promise<never> {
  const [{ openHouseAudit }, { runAudit }] = await Promise.all([
    import('./operate.ts'),
    import('@uw-wizard/auth-svc/audit'),
  ]);
  return end(runAudit(process.argv.slice(2), { open: async () => openHouseAudit(await configOfHouse()), write }));
}

/** `npm run erase`: on the house's data; the services do their parts as soon as the house is running. */
async function erase(): Promise<never> {
  const [{ openHouseDeals }, { runErase }] = await Promise.all([
    import('./operate.ts'),
    import('@uw-wizard/deals-svc/erase'),
  ]);
  return end(runErase(process.argv.slice(2), { open: async () => openHouseDeals(await configOfHouse()), write }));
}

function write(text: string): void {
  process.stdout.write(text);
}

async function configOfHouse() {
  const { loadConfig } = await import('./config.ts');
  return loadConfig(readEnv());
}

async function end(running: Promise<number>): Promise<never> {
  const code = await running.catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
  process.exit(code);
}

function readEnv() {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

function readSettings() {
  try {
    return loadConfig(readEnv());
  } catch (error) {
    return giveUp(error);
  }
}

/** The first signal stops the house in order, one that comes a while later at once. A terminal may send one signal twice. */
function onSignal(): void {
  if (stopAskedAt === undefined) {
    stopAskedAt = performance.now();
    process.stdout.write(paint('\nStopping … ', 'dim'));
    void starting
      .then((started) => started.stop())
      .then(() => {
        process.stdout.write(paint('stopped\n', 'dim'));
        process.exit(0);
      });
  } else if (performance.now() - stopAskedAt > 500) {
    running?.kill();
    process.exit(130);
  }
}
