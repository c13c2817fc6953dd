import { createLogger } from '@uw-wizard/shared/platform/logger';
import { problemHandler } from '@uw-wizard/shared/platform/problem';
import { serve } from '@uw-wizard/testkit/http';
import express from 'express';
import { expect, it } from 'vitest';
import { type Door, openDoors } from '../src/http/doors.ts';

it('a path written out is never taken for an id, whichever call was listed first', async () => {
  const door = (method: Door['method'], path: string): Door => ({
    method,
    path,
    answer: (_req, res) => void res.send(path),
  });
  const app = express();
  app.use(openDoors([door('GET', '/deals/:id'), door('GET', '/deals/:id/events'), door('POST', '/deals/start')]));
  app.use(problemHandler({ problemBase: '', log: createLogger({ service: 'gateway', level: 'silent' }) }));
  const { baseUrl, stop } = await serve(app);
  const ask = async (method: string, path: string) => {
    const response = await fetch(`${baseUrl}${path}`, { method });
    return response.ok ? response.text() : [response.status, response.headers.get('allow')];
  };
  expect(await ask('GET', '/deals/1')).toBe('/deals/:id');
  expect(await ask('GET', '/deals/1/events')).toBe('/deals/:id/events');
  expect(await ask('POST', '/deals/start')).toBe('/deals/start');
  expect(await ask('GET', '/deals/start')).toEqual([405, 'POST']);
  expect(await ask('POST', '/deals/1')).toEqual([405, 'GET, HEAD']);
  expect(await ask('GET', '/deals')).toEqual([404, null]);
  await stop();
});
