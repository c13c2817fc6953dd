import { expect, it } from 'vitest';
import { type Door, openDoors } from './doors.ts';

const door = (method: Door['method'], path: string): Door => ({ method, path, answer: () => undefined });
const find = openDoors([
  door('GET', '/deals/:id'),
  door('GET', '/deals/:id/events'),
  door('POST', '/deals/start'),
  door('GET', '/deals/:id/:part'),
  door('PUT', '/deals/:id'),
  { ...door('GET', '/back'), noHead: true },
]);

it('a path written out is never taken for an id, whichever call was listed first', () => {
  expect(find('/deals/1')?.pattern).toBe('/deals/:id');
  expect(find('/deals/start')?.pattern).toBe('/deals/start');
  expect(find('/deals/1/events')?.pattern).toBe('/deals/:id/events');
  expect(find('/deals/1/other')?.pattern).toBe('/deals/:id/:part');
});

it('a path is taken as it is written, and has a door or none', () => {
  for (const path of ['/deals', '/deals/', '/Deals/1', '/deals/1/', '/deals//events', '/deals/1/events/2', '']) {
    expect(find(path)).toBeNull();
  }
});

it('a path names the methods it allows, HEAD wherever GET changes nothing', () => {
  expect(find('/back')?.allow).toBe('GET');
  expect(find('/deals/1')?.allow).toBe('GET, PUT, HEAD');
  expect(find('/deals/start')?.allow).toBe('POST');
  expect(find('/deals/1')?.doors.get('HEAD')).toBe(find('/deals/1')?.doors.get('GET'));
});
