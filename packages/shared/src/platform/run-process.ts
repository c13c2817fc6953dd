import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { ConfigError, describeVariables, type Env } from './config.ts';
import { createEnding, type Ending } from './ending.ts';
import type { HealthReport } from './health.ts';
import { startInternalServer } from './internal-server.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetricsRegistry, type Metrics } from './metrics.ts';
import type { ProcessSettings } from './service-config.ts';
import { startTracing } from './tracing.ts';

/** The process, handed in by its `main.ts`. */
export type World = Pick<NodeJS.Process, 'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'exit'>;

/** What a part needs for its start. `ending` is told how to undo each step; `signal` is aborted when it has to stop. */
export type Life = { log: Logger; metrics: Metrics; ending: Ending; signal: AbortSignal };

/** A part that has started: how it is, where it answers, and a promise that rejects when it ends by itself. */
export type Started = { report: () => Promise<HealthReport>; port: number; failed?: Promise<never> };

/** Within this long after a signal the process has ended, in order or not. */
const deadlineMs = 10_000;

/**
 * The life of one process of the house. A bad configuration is told and ends it with 1; `--help` tells its variables.
 * SIGTERM or SIGINT undoes what was started, last first, and ends with 0, or with 1 when that does not succeed in 10 s; a
 * second signal ends it at once. A part that fails is stopped in order too, and ends with 1.
 */
export async function runProcess<Settings extends ProcessSettings>(
  world: World,
  part: {
    name: string;
    variables: z.ZodType;
    load: (env: Env) => Settings;
    start: (settings: Settings, life: Life) => Promise<Started>;
  },
): Promise<void> {
  const settings = readSettings(world, part);
  if (settings === null) return;
  const { name } = part;
  const log = createLogger({ service: name, level: settings.logLevel });
  const registry = createMetricsRegistry();
  const abort = new AbortController();
  let troubled = false;
  const ending = createEnding((what, error) => {
    troubled = true;
    log.error({ err: error, what }, 'not stopped in order');
  });
  const begun = Promise.withResolvers<void>();
  let started: Started | undefined;

  const end = async (code: number) => {
    if (abort.signal.aborted) return;
    abort.abort();
    setTimeout(() => {
      log.fatal(`not stopped after ${deadlineMs / 1_000} s: ended as it was`);
      world.exit(1);
    }, deadlineMs);
    await begun.promise;
    await ending.run();
    log.info('stopped');
    world.exit(troubled ? 1 : code);
  };
  const fail = (what: string) => (error: unknown) => {
    troubled = true;
    log.fatal({ err: error }, what);
    void end(1);
  };
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    world.on(signal, () => {
      if (abort.signal.aborted) world.exit(code);
      log.info({ signal }, 'stopping');
      void end(0);
    });
  }
  world.on('uncaughtException', fail('failed where nobody looked'));
  world.on('unhandledRejection', fail('failed where nobody looked'));

  try {
    if (settings.tracing !== null) {
      const onTrouble = (reason: string) => log.warn({ reason }, 'traces are not taken');
      const tracing = await startTracing({ service: name, ...settings.tracing, onTrouble });
      ending.add('traces', 700, () => tracing.stop());
    }
    const report = async () => started?.report() ?? { status: 'starting' as const, checks: {} };
    const internal = await startInternalServer({
      host: settings.metricsHost,
      port: settings.metricsPort,
      metrics: registry,
      report,
    });
    ending.add('internal server', 600, () => internal.stop());
    started = await part.start(settings, { log, metrics: registry.of(name), ending, signal: abort.signal });
    started.failed?.catch(fail('a part of it ended by itself'));
    if (!abort.signal.aborted) log.info({ port: started.port, metrics_port: internal.port }, 'started');
  } catch (error) {
    // Who is told to stop while starting gives up what was begun; that is no failure.
    if (!abort.signal.aborted) fail('not started')(error);
  } finally {
    begun.resolve();
  }
}

function readSettings<Settings>(
  world: World,
  part: { name: string; variables: z.ZodType; load: (env: Env) => Settings },
): Settings | null {
  try {
    const { values } = parseArgs({ args: world.argv.slice(2), options: { help: { type: 'boolean', short: 'h' } } });
    if (!values.help) return part.load(world.env);
    world.stdout.write(helpOf(part));
    return null;
  } catch (error) {
    // The command line or the variables: whoever started it reads the sentence, and needs no stack.
    if (!(error instanceof ConfigError) && !(error instanceof TypeError)) throw error;
    world.stderr.write(`${error.message}\n`);
    return world.exit(1);
  }
}

/** The variables of a part, one line each. */
export function helpOf(part: { name: string; variables: z.ZodType }): string {
  const lines = describeVariables(part.variables).map((variable) => {
    const value = variable.required ? 'required' : variable.default ? `default ${variable.default}` : 'optional';
    return `  ${variable.name.padEnd(28)} ${variable.meaning} (${value})\n`;
  });
  return `${part.name}, a service of UW Wizard. Its variables; NAME_FILE=/path reads NAME from a file:\n\n${lines.join('')}`;
}
