import { type Route, routes } from '@uw-wizard/shared/contracts/routes';
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
