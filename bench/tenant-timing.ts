import { randomUUID } from 'node:crypto';
import { startHouse } from '@uw-wizard/e2e/house';
import { openBooks } from '@uw-wizard/e2e/house/books';
import { makeHouseFolder } from '@uw-wizard/e2e/house/house-folder';
import { median } from './median.ts';

/**
 * `node bench/tenant-timing.ts`: whether the time of an answer tells that another tenant has such a deal. A house with a
 * second tenant's 1,000 deals is asked for them and for ids that nobody has, in turn; ends with an error when the medians
 * differ by a tenth or more.
 */
const calls = 1_000;

const folder = await makeHouseFolder();
try {
  const house = await startHouse({
    dataDir: folder.dataDir,
    env: { RATE_LIMIT_KEY_PER_SECOND: '0', RATE_LIMIT_ADDRESS_PER_SECOND: '0' },
  });
  const books = await openBooks(house);
  try {
    const theirs = await books.query<{ id: string }>(
      'deals',
      `WITH merchant AS (
         INSERT INTO merchants (id, tenant_id, legal_name, normalised_name, created_at, updated_at)
         SELECT gen_random_uuid(), 'another', 'Harbor ' || n, 'harbor ' || n, now(), now() FROM generate_series(1, $1::int) n RETURNING id)
       INSERT INTO deals (id, tenant_id, merchant_id, created_at, updated_at)
       SELECT gen_random_uuid(), 'another', id, now(), now() FROM merchant RETURNING id`,
      [calls],
    );
    await books.query('deals', 'ANALYZE');
    const ask = async (id: string) => {
      const startedAt = performance.now();
      const { status } = await house.client.call('GET', `/api/deals/${id}`);
      if (status !== 404) throw new Error(`a deal that is not ours was answered by ${status}`);
      return performance.now() - startedAt;
    };
    for (let at = 0; at < 200; at += 1) await ask(randomUUID());
    const [foreign, unknown]: [number[], number[]] = [[], []];
    for (const { id } of theirs) {
      foreign.push(await ask(id));
      unknown.push(await ask(randomUUID()));
    }
    const [ofTheirs, ofNobodys] = [median(foreign), median(unknown)];
    const apart = Math.abs(ofTheirs / ofNobodys - 1);
    console.log(
      `medians of ${calls} calls each: another tenant's deal ${ofTheirs.toFixed(3)} ms, nobody's ${ofNobodys.toFixed(3)} ms, ${(apart * 100).toFixed(1)} % apart`,
    );
    if (apart >= 0.1) process.exitCode = 1;
  } finally {
    await books.close();
    await house.stop();
  }
} finally {
  await folder.remove();
}
