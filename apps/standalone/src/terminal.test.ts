import { expect, test } from 'vitest';
import { readable } from './terminal.ts';

test('a log line at the terminal says when, how bad, who and what, with the stack of an error below', () => {
  const line = {
    level: 'error',
    time: '2026-11-21T12:34:56.789Z',
    service: 'deals-svc',
    msg: 'call failed',
    request_id: 'r-1',
    err: { type: 'Error', message: 'no', stack: 'Error: no\n    at here' },
  };
  expect(readable(JSON.stringify(line))).toBe(
    '12:34:56 error deals-svc     call failed  request r-1\nError: no\n    at here\n',
  );
});
