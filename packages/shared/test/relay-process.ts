import { createSqlClient } from '@uw-wizard/testkit/sql-client';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { openDatabase, type SqlTx } from '../src/platform/database.ts';
import { createLogger } from '../src/platform/logger.ts';
import { createOutboxRelay } from '../src/platform/outbox-relay.ts';

/**
 * A relay as a process of its own, for tests that kill one: `node relay-process.ts DATABASE_URL LEASE_MS`. Its bus is the
 * process that forked it: what is published goes there as `{id, subject, body}`, and counts once it says `{id}`.
 */
const [url = '', leaseMs = ''] = process.argv.slice(2);
const waiting = new Map<string, () => void>();
process.on('message', ({ id }: { id: string }) => waiting.get(id)?.());

const relay = createOutboxRelay({
  publisher: 'deals-svc',
  database: openDatabase<SqlTx>({ url, client: () => createSqlClient(url) }),
  bus: {
    ...createMemoryBus(),
    publish: ({ id, subject, body }) =>
      new Promise((resolve) => {
        waiting.set(id, resolve);
        process.send?.({ id, subject, body });
      }),
  },
  log: createLogger({ service: 'relay', level: 'silent' }),
  leaseMs: Number(leaseMs),
  batch: 20,
});
await relay.run(new AbortController().signal);
