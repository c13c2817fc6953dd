import { credentialChanges } from '@uw-wizard/shared/contracts/asks';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import { createMemoryBus } from '@uw-wizard/shared/platform/bus-memory';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { hearChanges } from './hear-changes.ts';
import { rememberCallers } from './known-callers.ts';
import { followStanding } from './standing.ts';

const log = createLogger({ service: 'gateway', level: 'silent' });
const session = '01990000-0000-7000-8000-000000000001';
const caller: Caller = { kind: 'user', tenant: 'demo', sub: 'u', role: 'admin', session };

/** auth-svc, as it answers the questions of these tests. */
function createAuth() {
  const auth = {
    role: 'admin' as 'admin' | 'analyst',
    changes: [] as { id: number; credential_id: string }[],
    asked: 0,
  };
  const answers = async (contract: unknown): Promise<object> => {
    if (contract !== credentialChanges) throw new Error('another question');
    return { cursor: '1', all: false, changes: [...auth.changes] };
  };
  return { auth, ask: answers as Ask };
}

test('an answer that was overtaken by news of the same credential is asked for again', async () => {
  const { auth, ask } = createAuth();
  const standing = followStanding({ ask, log });
  await standing.catchUp();
  const known = rememberCallers(standing, async () => {
    auth.asked += 1;
    const { role } = auth;
    if (auth.asked === 1) {
      // While the first answer is on its way.
      auth.role = 'analyst';
      auth.changes.push({ id: 1, credential_id: session });
      await standing.catchUp();
    }
    return { caller: { ...caller, role }, ids: [session], expiresAtMs: Number.POSITIVE_INFINITY };
  });
  expect((await known.fetch('a'))?.caller.role).toBe('analyst');
  expect(auth.asked).toBe(2);
  expect(known.get('a')?.caller.role).toBe('analyst');
});

test('news that is told again is no news', async () => {
  const { auth, ask } = createAuth();
  const standing = followStanding({ ask, log });
  auth.changes.push({ id: 7, credential_id: session });
  await standing.catchUp();
  const known = rememberCallers(standing, async () => ({
    caller,
    ids: [session],
    expiresAtMs: Number.POSITIVE_INFINITY,
  }));
  await known.fetch('a');
  await standing.catchUp();
  expect(known.get('a')?.caller).toBe(caller);
  auth.changes.push({ id: 8, credential_id: session });
  await standing.catchUp();
  expect(known.get('a')).toBeNull();
});

test('an event that tells of a change has the news asked for at once', async () => {
  const { auth, ask } = createAuth();
  const standing = followStanding({ ask, log });
  await standing.catchUp();
  const known = rememberCallers(standing, async () => ({
    caller,
    ids: [session],
    expiresAtMs: Number.POSITIVE_INFINITY,
  }));
  await known.fetch('a');
  const bus = createMemoryBus();
  const hearing = hearChanges(bus, standing);
  auth.changes.push({ id: 1, credential_id: session });
  expect(known.get('a')?.caller).toBe(caller);
  await bus.publish({ stream: 'auth-svc', subject: 'session.ended', id: 'e1', body: '{}' });
  await eventually(() => expect(known.get('a')).toBeNull());
  await hearing.stop();
});

test('without news nobody is believed, and who is asked for is believed once', async () => {
  const { ask } = createAuth();
  const standing = followStanding({ ask, log });
  const known = rememberCallers(standing, async () => ({ caller, ids: [session], expiresAtMs: 0 }));
  expect((await known.fetch('a'))?.caller).toBe(caller);
  expect(known.get('a')).toBeNull();
});
