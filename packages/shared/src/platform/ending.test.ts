import { expect, test } from 'vitest';
import { createEnding } from './ending.ts';

test('an end undoes everything once, last first, past a step that fails and one that hangs', async () => {
  const done: string[] = [];
  const trouble: string[] = [];
  const ending = createEnding((what, error) =>
    trouble.push(`${what}: ${error instanceof Error ? error.message : error}`),
  );
  ending.add('database', 100, async () => void done.push('database'));
  ending.add('bus', 10, () => new Promise(() => undefined));
  ending.add('services', 100, () => Promise.reject(new Error('gone')));
  ending.add('gateway', 100, async () => void done.push('gateway'));
  await Promise.all([ending.run(), ending.run()]);
  expect(done).toEqual(['gateway', 'database']);
  expect(trouble).toEqual(['services: gone', 'bus: not done after 10 ms']);
});
