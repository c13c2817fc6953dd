import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dealUpdated } from '../src/contracts/deals.ts';
import type { Publisher } from '../src/contracts/event.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { on } from '../src/platform/consumer.ts';
import type { SqlTx } from '../src/platform/database.ts';
import { keepDeadLetter, replayDeadLetter } from '../src/platform/dead-letters.ts';
import { createOperations, openErasureOperations } from '../src/platform/operations.ts';
import { runOperator } from '../src/platform/operator.ts';
import type { OperatorDeps } from '../src/platform/operator-verbs.ts';
import { fact, writeFacts } from '../src/platform/outbox.ts';
import { createOutboxRelay } from '../src/platform/outbox-relay.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let deals: PlatformDatabase;
let signing: PlatformDatabase;
beforeEach(async () => {
  deals = await createPlatformDatabase();
  signing = await createPlatformDatabase();
});
afterEach(async () => {
  await deals.drop();
  await signing.drop();
});

let broken = false;
const handler = on(dealUpdated, async (tx: SqlTx, { sequence }) => {
  await tx.$executeRaw`INSERT INTO effect (what) VALUES (${String(sequence)})`;
  if (broken) throw new Error('still broken');
});

/** deals-svc publishes, signing-svc follows it; each is opened anew, as a process of an operator's would. */
async function open(asked: Publisher | undefined) {
  const database = signing.database;
  const replay = (id: string) => replayDeadLetter(database, id, [{ publisher: 'deals-svc', handlers: [handler] }]);
  const close = async () => undefined;
  return [
    openErasureOperations('deals-svc', { databaseUrl: deals.url, databaseWorkerUrl: deals.workerUrl }),
    createOperations({ service: 'signing-svc', pool: database.worker, replay, close }),
  ].filter(({ service }) => asked === undefined || service === asked);
}

async function operator(line: string, more: Partial<OperatorDeps> = {}) {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const args = line.split(' ').filter((word) => word !== '');
  const code = await runOperator(args, { open, write, confirm: null, now: () => new Date(), ...more });
  return { code, text };
}

async function keep(db: PlatformDatabase, body?: string): Promise<string> {
  const [id, subject] = [randomUUID(), randomUUID()];
  const envelope = {
    specversion: '1.0',
    id,
    source: 'deals-svc',
    type: dealUpdated.type,
    time: '2026-03-01T12:00:00.000Z',
    subject,
    datacontenttype: 'application/json',
    dataversion: 1,
    tenantid: 't1',
    dealid: subject,
    sequence: 7,
    data: { fields: ['owner.name is Ada Bell'] },
  };
  const reason = 'no place for ada@bell.example\nand more';
  const letter = { id, publisher: 'deals-svc', type: 'deal.updated', reason, attempts: 10 } as const;
  await db.database.withTenant('t1', (tx) => keepDeadLetter(tx, { ...letter, body: body ?? JSON.stringify(envelope) }));
  return id;
}

test('dead letters of every service are listed, one a line, without personal data', async () => {
  expect(await operator('dlq list')).toEqual({ code: 0, text: 'There are no dead letters that nobody has seen to.\n' });
  const [one, other] = [await keep(signing), await keep(deals)];
  const { code, text } = await operator('dlq list');
  expect(code).toBe(0);
  expect(text.trim().split('\n')).toHaveLength(2);
  expect(text).toMatch(new RegExp(`${other} .* deals-svc: deal.updated of deals-svc, 10 attempt`));
  expect(text).not.toContain('ada@bell.example');
  expect((await operator('dlq list --service signing-svc')).text).toMatch(new RegExp(`^${one} .*\n$`));
});

test('a dead letter is shown with its form and without the texts in its data, unless they are asked for', async () => {
  const id = await keep(signing);
  const shown = await operator(`dlq show ${id}`);
  expect(shown.code).toBe(0);
  expect(shown.text).toContain('"sequence": 7');
  expect(shown.text).toContain('(22 characters)');
  expect(shown.text).not.toMatch(/Ada Bell|ada@bell/);
  expect((await operator(`dlq show ${id} --unmasked`)).text).toMatch(/ada@bell.example[\s\S]*owner.name is Ada Bell/);
  expect((await operator(`dlq show ${await keep(signing, '{"ssn":"123')}`)).text).toContain('no JSON');
});

test('a dead letter is replayed by the service that gave it up, once; one that still fails stays', async () => {
  const id = await keep(signing);
  broken = true;
  expect(await operator(`dlq replay ${id}`)).toMatchObject({ code: 1, text: expect.stringContaining('still broken') });
  broken = false;
  expect(await operator(`dlq replay ${id}`)).toEqual({ code: 0, text: `signing-svc has handled ${id}.\n` });
  expect(await operator(`dlq replay ${id}`)).toMatchObject({ code: 1, text: expect.stringContaining('before') });
  expect(await effects(signing)).toEqual(['7']);
  expect((await operator(`dlq show ${id}`)).text).toContain('replayed 20');
});

test('a dead letter that is discarded is gone from the list and cannot be replayed', async () => {
  const id = await keep(signing);
  expect(await operator(`dlq discard ${id}`)).toMatchObject({ code: 0 });
  expect((await operator('dlq list')).text).toContain('no dead letters');
  expect(await operator(`dlq replay ${id}`)).toMatchObject({ code: 1 });
  expect(await operator(`dlq discard ${id}`)).toMatchObject({ code: 1 });
});

test('an event that two services gave up has to be asked for by its service', async () => {
  const id = await keep(signing);
  await deals.query(
    `INSERT INTO dead_letter (id, publisher, type, body, reason, attempts) VALUES ($1, 'sms-svc', 'x', '', '', 1)`,
    [id],
  );
  expect(await operator(`dlq replay ${id}`)).toMatchObject({ code: 2, text: expect.stringContaining('--service') });
  expect(await operator(`dlq replay ${id} --service signing-svc`)).toMatchObject({ code: 0 });
});

async function published(dealId: string, age: string): Promise<void> {
  await deals.database.withTenant('t1', (tx) =>
    writeFacts(tx, { tenantId: 't1', now: new Date() }, [fact(dealUpdated, { dealId }, { fields: [] })]),
  );
  await deals.query(
    `UPDATE outbox SET created_at = now() - $1::interval, published_at = now() - $1::interval
     WHERE sequence = (SELECT max(sequence) FROM outbox)`,
    [age],
  );
}

test('what was written in a time is published again in its order, as messages that the bus has not had', async () => {
  const dealId = randomUUID();
  for (const age of ['3 days', '5 hours', '4 hours', '1 minute']) await published(dealId, age);
  const sent: { id: string; sequence: number; event: string }[] = [];
  const bus = {
    ...createMemoryBus(),
    async publish({ id, body }: { id: string; body: string }) {
      const { sequence, id: event } = JSON.parse(body);
      sent.push({ id, sequence, event });
    },
  };
  const relay = createOutboxRelay({
    publisher: 'deals-svc',
    database: deals.another(),
    bus,
    log: keptLog().log,
    pollMs: 20,
  });
  const running = runWorkers([relay]);
  const until = `--until ${new Date(Date.now() - 3_600_000).toISOString()}`;
  expect(await operator(`outbox republish --since 6h ${until} --service deals-svc`)).toMatchObject({ code: 2 });
  expect(sent).toEqual([]);
  const asked: string[] = [];
  const confirm = (says: boolean) => async (question: string) => {
    asked.push(question);
    return says;
  };
  expect(await operator(`outbox republish --since 6h ${until}`, { confirm: confirm(false) })).toMatchObject({
    code: 1,
  });
  expect(await operator(`outbox republish --since 6h ${until}`, { confirm: confirm(true) })).toMatchObject({ code: 0 });
  expect(asked).toEqual(['Publish 2 event(s) again?', 'Publish 2 event(s) again?']);
  await eventually(() => expect(sent.map(({ sequence }) => sequence)).toEqual([2, 3]));
  await eventually(async () =>
    expect(await deals.query('SELECT 1 FROM outbox WHERE published_at IS NULL')).toEqual([]),
  );
  const again = await operator('outbox republish --since 7d --yes');
  expect(again.text).toContain('deals-svc: 4 event(s) will be published again');
  await eventually(() => expect(sent).toHaveLength(6));
  expect(sent.slice(2).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(6);
  for (const { id, event } of sent) expect(id.startsWith(`${event}.`)).toBe(true);
  await running.stop();
});

test.each([
  ['dlq', /There is no "dlq"/],
  ['dlq list now', /a word too many/],
  ['dlq show', /takes the ID/],
  ['dlq list --service nobody', /--service takes one of/],
  ['dlq list --limit none', /--limit takes a whole number/],
  ['outbox republish', /takes --since/],
  ['outbox republish --since 2026-11-22T08:00:00', /is no time/],
  ['outbox republish --since 1h --until 2h', /not before/],
  ['outbox --all', /--all/],
])('"%s" is a wrong command line, and says why', async (line, why) => {
  expect(await operator(line)).toMatchObject({ code: 2, text: expect.stringMatching(why) });
});

test('a dead letter that is not there is told, and --help tells what there is', async () => {
  expect(await operator(`dlq show ${randomUUID()}`)).toMatchObject({ code: 1 });
  expect(await operator('dlq discard 7')).toMatchObject({ code: 1 });
  expect(await operator('outbox --help')).toMatchObject({ code: 0, text: expect.stringContaining('dlq replay ID') });
});
