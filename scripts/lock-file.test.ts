import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

type Locked = { optionalDependencies?: Record<string, string> };

test('the lock file has the packages of every platform: npm ci refuses one that lacks any', () => {
  const lock: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8'),
  );
  // npm leaves out, without a word, what its registry did not have at the time.
  const present = new Set(Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  const named = Object.values(lock.packages).flatMap((locked) => Object.keys(locked.optionalDependencies ?? {}));
  expect(named.filter((name) => !present.has(name))).toEqual([]);
});
