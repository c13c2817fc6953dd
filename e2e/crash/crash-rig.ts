import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client, Reply } from '../flow/client.ts';
import { type Books, openBooks } from '../house/books.ts';
import { type HouseFolder, makeHouseFolder } from '../house/house-folder.ts';
import { type House, startHouse } from '../house.ts';
import type { Death, EdgeCount, Order } from './death.ts';

/** A house that can be told to die, and is started again whenever it has. */
export type CrashRig = {
  /**
   * A client that does what a careful one does: when the connection breaks because the house has died, it has it started
   * again and makes the same call with the same key once more; it also repeats what it is told to repeat (503, and 409 for
   * a call still in progress).
   */
  readonly client: Client;
  /** Counts edges from now on and dies at the one that `death` names; returns how many there were before. */
  arm(death: Death | null): Promise<number>;
  /** How often the house has died so far, and its last words. */
  deaths(): { count: number; lastWords: string | null };
  /** Starts the house if it has died. */
  alive(): Promise<House>;
  /** Runs `work` on the databases of the house, which runs then. */
  withBooks<T>(work: (books: Books, house: House) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const houseThatDies = [process.execPath, fileURLToPath(new URL('house-that-dies.ts', import.meta.url))];
const repeatWithinMs = 30_000;

/** Opens a rig on a data folder of its own: on a PostgreSQL that outlives the house, or on the embedded one. */
export async function openCrashRig(options: { databaseUrl?: string | undefined }): Promise<CrashRig> {
  const folder = await makeHouseFolder();
  let count = 0;
  let lastWords: string | null = null;
  const start = () => startHouse({ dataDir: folder.dataDir, command: houseThatDies, databaseUrl: options.databaseUrl });
  let current = await start().catch((error: unknown) => giveUp(folder, error));

  const isDead = ({ channel }: House) => channel.exitCode !== null || channel.signalCode !== null;
  let starting: Promise<House> | null = null;
  const restart = async (dead: House) => {
    count += 1;
    lastWords = /died at edge .*/.exec(dead.output())?.[0] ?? null;
    if (lastWords === null) throw new Error(`The house ended, and not as it was told:\n${dead.output().slice(-3_000)}`);
    current = await start();
    return current;
  };
  const alive = (): Promise<House> => {
    if (!isDead(current)) return Promise.resolve(current);
    starting ??= restart(current).finally(() => {
      starting = null;
    });
    return starting;
  };

  return {
    client: {
      get target() {
        return current.target;
      },
      async call(method, path, call) {
        const deadline = Date.now() + repeatWithinMs;
        for (;;) {
          const house = await alive();
          const reply = await answerOf(house, () => house.client.call(method, path, call));
          if (reply === null) continue;
          if (!asksToRepeat(reply) || count === 0 || Date.now() > deadline) return reply;
          await sleep(200);
        }
      },
    },
    async arm(death) {
      for (;;) {
        const edges = await give(await alive(), { death });
        if (edges !== null) return edges;
      }
    },
    deaths: () => ({ count, lastWords }),
    alive,
    async withBooks(work) {
      const house = await alive();
      const books = await openBooks(house);
      try {
        return await work(books, house);
      } finally {
        await books.close();
      }
    },
    async close() {
      try {
        if (!isDead(current)) await current.stop();
      } finally {
        await folder.remove();
      }
    },
  };
}

/** How many edges there were until the house heard of the order; null when it died first, by the order before. */
function give({ channel, ended }: House, order: Order): Promise<number | null> {
  // The channel carries what house-that-dies.ts sends, and that is nothing else.
  const counted = once(channel, 'message').then(([count]) => (count as EdgeCount).edges);
  // What cannot be sent is not heard of either.
  channel.send(order, () => undefined);
  return Promise.race([counted, ended.then(() => null)]);
}

/** The answer; null when the house died over it. A connection that breaks while the house lives is an error. */
async function answerOf(house: House, call: () => Promise<Reply>): Promise<Reply | null> {
  try {
    return await call();
  } catch (error) {
    const died = await Promise.race([house.ended.then(() => true), sleep(5_000, false)]);
    if (died) return null;
    throw new Error('A call got no answer from a house that lives.', { cause: error });
  }
}

function asksToRepeat({ status, body }: Reply): boolean {
  return status === 503 || (status === 409 && ['idempotency-in-progress', 'envelope-busy'].includes(body?.code));
}

async function giveUp(folder: HouseFolder, error: unknown): Promise<never> {
  await folder.remove();
  throw error;
}
