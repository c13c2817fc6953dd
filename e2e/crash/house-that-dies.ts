import { writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { killDatabase } from '../house/processes.ts';
import type { Death, EdgeCount, Order } from './death.ts';

/**
 * The standalone, with a hook at its edges: told over the channel to die at the N-th edge from then on, it kills itself
 * there, alone or with its database, and says in its last words at which edge that was.
 */
enableCompileCache();
const [{ loadConfig }, { startStandalone }] = await Promise.all([
  import('@uw-wizard/standalone/config'),
  import('@uw-wizard/standalone/standalone'),
]);

// biome-ignore lint/style/noProcessEnv: this is the main.ts of a house of its own.
const config = loadConfig(process.env);
let death: Death | null = null;
let edges = 0;

const onEdge: OnEdge = (kind, name) => {
  edges += 1;
  if (death === null || edges !== death.atEdge) return;
  writeSync(1, `died at edge ${edges}: ${kind} ${name}\n`);
  if (death.who === 'everything') killDatabase(config.dataDir);
  process.kill(process.pid, 'SIGKILL');
};

process.on('message', (order: Order) => {
  death = order.death;
  const counted: EdgeCount = { edges };
  edges = 0;
  process.send?.(counted);
});

const onStep = (step: string) => {
  writeSync(1, `${step} …\n`);
  return () => void writeSync(1, `${step} done\n`);
};

const house = await startStandalone(config, { onEdge, onStep });
house.failed.catch((error: unknown) => {
  writeSync(2, `${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});
const stop = async () => {
  await house.stop();
  process.exit(0);
};
process.once('SIGTERM', stop);
// Whoever drives it has ended: nobody would stop it.
process.once('disconnect', stop);
