import { fileURLToPath } from 'node:url';
import { type House, startHouse } from '@uw-wizard/e2e/house';

export type StartTimes = { firstMs: number; secondMs: number };

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * `npm start` until it takes calls: once on a new data folder and, best of `seconds`, on the same again. The house that
 * was started last is left running and given back.
 */
export async function measureStarts(dataDir: string, seconds: number): Promise<StartTimes> {
  const start = (): Promise<House> => startHouse({ dataDir, command: ['npm', 'start'], cwd: root });
  const first = await start();
  await first.stop();
  const times: number[] = [];
  for (let at = 0; at < seconds; at += 1) {
    const house = await start();
    times.push(house.readyAfterMs);
    await house.stop();
  }
  return { firstMs: first.readyAfterMs, secondMs: Math.min(...times) };
}
