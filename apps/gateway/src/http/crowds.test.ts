import { type Route, routes } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { expect, test } from 'vitest';
import { createCrowds } from './crowds.ts';

const routeOf = (path: string): Route => {
  const route = routes.find((each) => each.path === path && each.method === 'POST');
  if (route === undefined) throw new Error(`no ${path}`);
  return route;
};

test('sixteen logins are in hand at a time; one more is let in when one of them has ended', () => {
  const crowds = createCrowds();
  const login = routeOf('/api/auth/login');
  const leave = Array.from({ length: 16 }, () => crowds.enter(login));
  expect(() => crowds.enter(login)).toThrow('Very many make this call now');
  leave[3]?.();
  crowds.enter(login);
  expect(() => crowds.enter(login)).toThrow('Very many make this call now');
});

test('calls of other routes are not bounded by it', () => {
  const crowds = createCrowds();
  for (let call = 0; call < 1_000; call += 1) crowds.enter(routeOf('/api/deals/start'));
});

test('those who are too many are told to come again over as many seconds as it takes, a minute at most', () => {
  let now = 5_000;
  const crowds = createCrowds(() => now);
  const login = routeOf('/api/auth/login');
  for (let call = 0; call < 16; call += 1) crowds.enter(login);
  const turnOf = (): number | undefined => {
    try {
      crowds.enter(login);
    } catch (error) {
      return error instanceof DomainError ? error.retryAfterSeconds : undefined;
    }
    return undefined;
  };
  const turns = Array.from({ length: 2_000 }, turnOf);
  expect(turns.slice(0, 60)).toEqual([1, 2, 3].flatMap((second) => Array.from({ length: 20 }, () => second)));
  expect(new Set(turns.slice(1_200))).toEqual(new Set([60]));
  now += 120_000;
  expect(turnOf()).toBe(1);
});
