import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import { afterAll, beforeAll, beforeEach, onTestFailed } from 'vitest';
import type { PreparedFlow } from '../flow/many-flows.ts';
import { inventMerchant } from '../flow/merchant.ts';
import { type Books, openBooks } from '../house/books.ts';
import { type HouseFolder, makeHouseFolder } from '../house/house-folder.ts';
import { type House, startHouse } from '../house.ts';

export type HouseOfFile = {
  readonly house: House;
  readonly books: Books;
  /** Stops the house and starts it on the same data. */
  startAnew(): Promise<void>;
};

/** One house, as `npm start` starts it, for all tests of a file; ended with them. */
export function houseOfFile(env: Readonly<Record<string, string>> = {}): HouseOfFile {
  let folder: HouseFolder | undefined;
  let open: { house: House; books: Books } | undefined;
  const start = async (dataDir: string) => {
    const house = await startHouse({ dataDir, env });
    open = { house, books: await openBooks(house) };
  };
  const stop = async () => {
    const { house, books } = opened();
    open = undefined;
    await books.close();
    await house.stop();
    // Whatever clients do, none of it is an error of ours.
    const complaints = house
      .output()
      .split('\n')
      .filter((line) => /"level":"(error|fatal)"|Warning:/.test(line));
    if (complaints.length > 0) throw new Error(`The house complained:\n${complaints.join('\n').slice(0, 5_000)}`);
  };
  const opened = () => {
    if (open === undefined) throw new Error('the house is not open');
    return open;
  };
  beforeAll(async () => {
    folder = await makeHouseFolder();
    await start(folder.dataDir);
  });
  // What the house warned of is often why; it is gone with the house.
  beforeEach(() =>
    onTestFailed(() => {
      const lines = open?.house.output().trimEnd().split('\n').slice(-30) ?? [];
      process.stderr.write(`The house wrote at last:\n${lines.join('\n')}\n`);
    }),
  );
  afterAll(async () => {
    try {
      if (open !== undefined) await stop();
    } finally {
      await folder?.remove();
    }
  });
  return {
    get house() {
      return opened().house;
    },
    get books() {
      return opened().books;
    },
    async startAnew() {
      const { dataDir } = opened().house;
      await stop();
      await start(dataDir);
    },
  };
}

let merchants = 0;

/** A merchant nobody has seen yet, with three statements. */
export async function newMerchant(): Promise<PreparedFlow & { key: string }> {
  merchants += 1;
  const merchant = inventMerchant(merchants);
  const statements = await generateStatements({ seed: merchants, legalName: merchant.legalName });
  return { merchant, statements, key: `merchant-${merchants}` };
}
