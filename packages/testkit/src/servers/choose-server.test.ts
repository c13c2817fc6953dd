import { expect, test } from 'vitest';
import { chooseServer } from './choose-server.ts';

const everything = {
  title: 'NATS',
  variable: 'TEST_NATS_URL',
  install: 'nats-server',
  given: 'nats://somewhere:4222',
  docker: true,
  onPath: '/usr/sbin/nats-server',
  bundled: true,
  canUnpack: true,
};

test('a server that somebody named is taken before all others', () => {
  expect(chooseServer(everything)).toEqual({ from: 'url', url: 'nats://somewhere:4222' });
});

test.each([undefined, ''])('a variable that says nothing (%j) names no server', (given) => {
  expect(chooseServer({ ...everything, given })).toEqual({ from: 'container' });
});

test('without Docker the program of this machine is taken, then what npm brought, then the distribution’s package', () => {
  const noDocker = { ...everything, given: undefined, docker: false };
  expect(chooseServer(noDocker)).toEqual({ from: 'path', program: '/usr/sbin/nats-server' });
  expect(chooseServer({ ...noDocker, onPath: null })).toEqual({ from: 'bundled' });
  expect(chooseServer({ ...noDocker, onPath: null, bundled: false })).toEqual({ from: 'package' });
});

test('where there is no server at all, a sentence says what to install and which variable to set', () => {
  const nothing = { ...everything, given: undefined, docker: false, onPath: null, bundled: false, canUnpack: false };
  const source = chooseServer(nothing);
  expect(source.from).toBe('nowhere');
  expect(source.from === 'nowhere' && source.say).toMatch(/need NATS.*Docker.*nats-server.*TEST_NATS_URL/);
});
