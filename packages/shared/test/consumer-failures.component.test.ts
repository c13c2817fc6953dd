import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import { DomainError } from '../src/errors.ts';
import {
  cursor,
  db,
  deadLetters,
  dealId,
  event,
  follow,
  given,
  inbox,
  kept,
  note,
  publish,
  sentBack,
  useConsumerWorld,
} from './consumer-world.ts';
import { effects } from './platform-database.ts';

useConsumerWorld();

test('an event that a rule refuses leaves no effect, is passed over, and is no case for a person', async () => {
  const kind = { code: 'illegal-transition', status: 409, title: 'No' };
  follow(async (tx, envelope) => {
    await note(tx, envelope);
    if (envelope.sequence === 1) throw new DomainError(kind, 'The deal is closed.');
  });
  await publish(event(1));
  await publish(event(2));
  expect(await effects(db)).toEqual(['2']);
  expect(await inbox()).toMatchObject([
    { outcome: 'refused', last_error: 'illegal-transition' },
    { outcome: 'handled' },
  ]);
  expect(given).toEqual([]);
  expect(await deadLetters()).toEqual([]);
});

test('an error that says "later" is no refusal: the event is tried again', async () => {
  let tries = 0;
  follow(async (tx, envelope) => {
    tries += 1;
    if (tries === 1) throw new DomainError({ code: 'owner-unavailable', status: 503, title: 'Away' }, 'Later.');
    await note(tx, envelope);
  });
  await publish(event(1));
  expect(await effects(db)).toEqual(['1']);
});

test('an event that fails at first takes effect once it can, and before its successors', async () => {
  follow(async (tx, envelope) => {
    await note(tx, envelope);
    const [row] = await db.query<{ attempts: number }>('SELECT attempts FROM inbox WHERE sequence = $1', [1]);
    if (envelope.sequence === 1 && (row?.attempts ?? 0) < 3) throw new Error('the disk is full');
  });
  const successor = publish(event(2));
  await publish(event(1));
  await successor;
  expect(await effects(db)).toEqual(['1', '2']);
  expect(await inbox()).toMatchObject([{ outcome: 'handled', attempts: 3, last_error: null }, { outcome: 'handled' }]);
});

test('an event that fails every time is given up after its tries, kept whole, told once, and stops no successor', async () => {
  follow(
    async (tx, envelope) => {
      await note(tx, envelope);
      if (envelope.sequence === 1) throw new Error('never');
    },
    { maxAttempts: 3 },
  );
  const first = event(1);
  await publish(first);
  await publish(event(2));
  await publish(first);
  expect(await effects(db)).toEqual(['2']);
  expect(await inbox()).toMatchObject([{ outcome: 'dead', attempts: 3, last_error: 'never' }, { outcome: 'handled' }]);
  const letters = await deadLetters();
  expect(letters).toMatchObject([{ id: first.id, reason: 'never', attempts: 3 }]);
  expect(JSON.parse(letters[0]?.body ?? '')).toEqual(first);
  expect(given).toEqual([
    { tenantId: 't1', subject: dealId, dealId, type: 'deal.updated', eventId: first.id, reason: 'never' },
  ]);
});

test('giving up is undone and tried again when the alert about it cannot be written', async () => {
  let alerts = 0;
  follow(() => Promise.reject(new Error('never')), {
    maxAttempts: 1,
    onGivenUp: async () => {
      alerts += 1;
      if (alerts === 1) throw new Error('no alert');
    },
  });
  await publish(event(1));
  expect(alerts).toBe(2);
  expect(await deadLetters()).toHaveLength(1);
});

test('an outage of the database is not counted against the event', async () => {
  follow(note, { maxAttempts: 2 });
  await db.query('ALTER TABLE inbox_cursor RENAME TO away');
  const published = publish(event(1));
  await eventually(() => expect(kept.lines.filter(({ level }) => level === 'error').length).toBeGreaterThan(3));
  await db.query('ALTER TABLE away RENAME TO inbox_cursor');
  await published;
  expect(await effects(db)).toEqual(['1']);
  expect(await inbox()).toMatchObject([{ outcome: 'handled', attempts: 1 }]);
});

test('a message that is no event is kept at once, told to nobody it cannot name, and stops nothing', async () => {
  follow();
  await publish(event(1), 'not json \u0000 at all');
  const letters = await deadLetters();
  expect(letters).toMatchObject([{ reason: 'not JSON', attempts: 1 }]);
  expect(given).toEqual([]);
  expect(kept.lines.some(({ level, msg }) => level === 'error' && String(msg).includes('dead letter'))).toBe(true);
  await publish(event(1));
  expect(await effects(db)).toEqual(['1']);
});

test('the tenant named for such cases hears once of a message that does not say whose it is', async () => {
  follow(note, { unknownTenantId: 'demo' });
  const odd = event(1);
  await publish(odd, '[]');
  await publish(odd, '[]');
  expect(given).toMatchObject([{ tenantId: 'demo' }]);
});

test('an unreadable event whose place is known is given up in its turn, and its successors go on', async () => {
  follow();
  const unreadable = event(2, { data: { fields: 'not a list' } });
  const [second, third] = [publish(unreadable), publish(event(3))];
  await eventually(() => expect(sentBack).toContain(unreadable.id));
  expect(await deadLetters()).toEqual([]);
  await publish(event(1));
  await Promise.all([second, third]);
  expect(await effects(db)).toEqual(['1', '3']);
  expect(await deadLetters()).toMatchObject([{ id: unreadable.id, reason: 'data: fields invalid_type' }]);
  expect(given).toMatchObject([{ tenantId: 't1', subject: dealId, eventId: unreadable.id }]);
});

test('an event of a version that is not understood, or from another publisher, is unreadable', async () => {
  follow();
  await publish(event(1, { dataversion: 2 }));
  await publish(event(1, { source: 'sms-svc' }));
  expect((await deadLetters()).map(({ reason }) => reason).toSorted()).toEqual([
    'from sms-svc, not from deals-svc',
    'version 2 of deal.updated, but version 1 is understood here',
  ]);
  expect(await cursor()).toBe(1);
});

test('a gap that does not close is told once, and closes when the missing event comes after all', async () => {
  follow(note, { gapAlertMs: 1 });
  const waiting = [2, 3].map((sequence) => publish(event(sequence)));
  // From the second look on, each look at either of them finds that it has waited too long.
  await eventually(() => expect(sentBack.length).toBeGreaterThanOrEqual(8));
  expect(given).toMatchObject([{ tenantId: 't1', subject: dealId, reason: expect.stringContaining('have not come') }]);
  await publish(event(1));
  await Promise.all(waiting);
  expect(await effects(db)).toEqual(['1', '2', '3']);
  expect((await inbox()).map(({ outcome }) => outcome)).toEqual(['handled', 'handled', 'handled']);
});
