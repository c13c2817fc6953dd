import { expect, test } from 'vitest';
import { describeStatement } from './traced-pool.ts';
import { beginSpan, inSpan, isTracing } from './tracing.ts';

test('while nothing is traced, work runs as if there were no spans', async () => {
  expect(isTracing()).toBe(false);
  expect(await inSpan('anything', { kind: 'server' }, async () => 7)).toBe(7);
  expect(beginSpan('anything', { kind: 'server' }).traceparent).toBeUndefined();
});

test.each([
  ['SELECT "public"."deals"."id" FROM "public"."deals" WHERE id = $1', 'SELECT deals'],
  ['INSERT INTO outbox_clock (tenant_id) VALUES ($1)', 'INSERT outbox_clock'],
  ['UPDATE outbox SET published_at = now()', 'UPDATE outbox'],
  ['DELETE FROM inbox WHERE ctid = ANY ($1)', 'DELETE inbox'],
  ['WITH next AS (SELECT id FROM outbox FOR UPDATE SKIP LOCKED) SELECT id FROM next', 'SELECT outbox'],
  ['WITH x AS (SELECT 1) INSERT INTO events (id) SELECT 1', 'INSERT events'],
  ['BEGIN', 'BEGIN'],
])('a statement is named by what it does to which table: %s', (text, name) => {
  expect(describeStatement(text).name).toBe(name);
});

test('values that stand in a statement are not told', () => {
  const text = "SELECT 1 FROM merchants\n WHERE ein = '12-3456789' AND name = 'O''Neil' AND cents > 500 AND id = $12";
  expect(describeStatement(text).attributes['db.query.text']).toBe(
    'SELECT ? FROM merchants WHERE ein = ? AND name = ? AND cents > ? AND id = $12',
  );
});
