import { z } from 'zod';
import { readConfig } from '../src/platform/config.ts';
import { createHealth } from '../src/platform/health.ts';
import { runProcess } from '../src/platform/run-process.ts';
import { processSettings, processVariables } from '../src/platform/service-config.ts';
import { pause } from '../src/platform/worker.ts';

// Run as a process by run-process.test.ts; its second argument says how it fails.
const variables = z.object({ ...processVariables(0), HOW: z.string() });

await runProcess(process, {
  name: 'part',
  variables,
  load: (env) => {
    const values = readConfig(variables, env);
    return { ...processSettings(values), how: values.HOW };
  },
  async start({ how }, { log, ending, signal }) {
    ending.add('flush', 1_000, async () => log.info('flushed'));
    if (how === 'start') throw new Error('no disk');
    if (how === 'long start') {
      log.info('starting');
      await pause(60_000, signal);
    }
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    if (how === 'worker') setTimeout(() => failed.reject(new Error('no disk')), 20);
    if (how === 'rejection') setTimeout(() => void Promise.reject(new Error('no disk')), 20);
    if (how === 'exception') {
      setTimeout(() => {
        throw new Error('no disk');
      }, 20);
    }
    return { report: createHealth({ needed: {}, wanted: {} }).report, port: 0, failed: failed.promise };
  },
});
