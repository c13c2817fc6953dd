import { type Route, routes } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { expect, test } from 'vitest';
import { createCrowds } from './crowds.ts';

const routeOf = (path: string): Route => {
  const route = routes.find((each) => each.path === path && each.method === 'POST');
  if (route === undefined) throw new Error(`no ${path}`);
  return route;
};

test('sixteen logins are in hand at a time; one more is let in when one of them has ended', async () => {
  const crowds = createCrowds();
  const login = routeOf('/api/auth/login');
  const leave = await Promise.all(Array.from({ length: 16 }, () => crowds.enter(login)));
  await expect(crowds.enter(login)).rejects.toThrow('Very many make this call now');
  leave[3]?.();
  expect(crowds.enter(login)).toBeTypeOf('function');
  await expect(crowds.enter(login)).rejects.toThrow('Very many make this call now');
});

test('calls of other routes are not bounded by it', () => {
  const crowds = createCrowds();
  for (let call = 0; call < 1_000; call += 1) crowds.enter(routeOf('/api/deals/start'));
});

test('those who are too many are told to come again over as many seconds as it takes, a minute at most', async () => {
  let now = 5_000;
  const crowds = createCrowds(() => now);
  const login = routeOf('/api/auth/login');
  for (let call = 0; call < 16; call += 1) crowds.enter(login);
  const turnOf = async (): Promise<number | undefined> => {
    const [refused] = await Promise.allSettled([crowds.enter(login)]);
    const error: unknown = refused.status === 'rejected' ? refused.reason : null;
    return error instanceof DomainError ? error.retryAfterSeconds : undefined;
  };
  const turns = await Promise.all(Array.from({ length: 2_000 }, turnOf));
  expect(turns.slice(0, 60)).toEqual([1, 2, 3].flatMap((second) => Array.from({ length: 20 }, () => second)));
  expect(new Set(turns.slice(1_200))).toEqual(new Set([60]));
  now += 120_000;
  expect(await turnOf()).toBe(1);
});

test('while a crowd is refused other calls go on', async () => {
  const crowds = createCrowds();
  const login = routeOf('/api/auth/login');
  for (let call = 0; call < 16; call += 1) crowds.enter(login);
  let refused = 0;
  const crowd = Array.from({ length: 100 }, () =>
    Promise.resolve(crowds.enter(login)).catch(() => {
      refused += 1;
    }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(20);
  await Promise.all(crowd);
  expect(refused).toBe(100);
});
