import { beforeEach, expect, test } from 'vitest';
import { dealExists } from '../src/contracts/asks.ts';
import { DomainError } from '../src/errors.ts';
import { answerAsk, createAsk } from '../src/platform/ask.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { currentRequest, inRequest } from '../src/platform/request-context.ts';
import { keptLog } from './kept-log.ts';

const dealId = '0195d1c0-0000-7000-8000-000000000001';
const question = { tenant_id: 't1', deal_id: dealId };
const answer = { deal_id: dealId, merchant_id: dealId, status: 'open', deal_time: '2025-03-01T12:00:00.000Z' } as const;

let bus = createMemoryBus();
let kept = keptLog();
beforeEach(() => {
  bus = createMemoryBus();
  kept = keptLog();
});
const put = (timeoutMs = 200) => createAsk(bus, { timeoutMs })(dealExists, question);
const failure = async (asked: Promise<unknown>) => {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('expected to be refused');
  return error;
};

test('a question is answered by its owner, within the call it was put in', async () => {
  const seen: unknown[] = [];
  await answerAsk(bus, kept.log, dealExists, async (input) => {
    seen.push(input, currentRequest());
    return answer;
  });
  expect(await inRequest({ request_id: 'r1', tenant_id: 't1' }, () => put())).toEqual(answer);
  expect(seen).toEqual([question, { request_id: 'r1' }]);
});

test('an owner that is away, or silent for too long, is a 503 that says when to try again', async () => {
  const expected = { kind: { code: 'owner-unavailable', status: 503 }, retryAfterSeconds: 1 };
  expect(await failure(put())).toMatchObject(expected);
  await answerAsk(bus, kept.log, dealExists, () => new Promise(() => undefined));
  expect(await failure(put(30))).toMatchObject(expected);
});

test("the owner's refusal reaches the asker in the owner's words", async () => {
  const kind = { code: 'deal-not-found', status: 404, title: 'There is no such deal' };
  await answerAsk(bus, kept.log, dealExists, async () => {
    throw new DomainError(kind, 'No deal has this id.', { retryAfterSeconds: 3 });
  });
  const error = await failure(put());
  expect(error).toBeInstanceOf(DomainError);
  expect(error).toMatchObject({ kind, message: 'No deal has this id.', retryAfterSeconds: 3 });
  expect(kept.lines).toEqual([]);
});

test("the owner's own failure is logged there and tells the asker nothing of it", async () => {
  await answerAsk(bus, kept.log, dealExists, () => Promise.reject(new Error('password=hunter2')));
  const error = await failure(put());
  expect(error).toMatchObject({ kind: { status: 500 } });
  expect(error.message).not.toContain('hunter2');
  expect(kept.lines).toMatchObject([{ level: 'error', err: { message: 'password=[masked]' } }]);
});

test("services that do not understand each other never blame the caller's request", async () => {
  await bus.respond('ask.deals-svc.deal-exists', async () => '{"ok":true,"output":{"deal_id":5}}');
  const error = await failure(put());
  expect(error).not.toBeInstanceOf(DomainError);
  expect(error.name).toBe('Error');
  const other = createMemoryBus();
  await answerAsk(other, kept.log, dealExists, async () => answer);
  const reply = await other.ask('ask.deals-svc.deal-exists', '{"request_id":"r","input":{}}', { timeoutMs: 200 });
  expect(JSON.parse(reply)).toMatchObject({ ok: false, kind: { code: 'internal-error' } });
});
