import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const setup = join(import.meta.dirname, 'setup.js');

test('on a machine where everything is there the set-up says nothing', () => {
  const run = spawnSync(process.execPath, [setup], { encoding: 'utf8' });
  expect({ said: run.stdout + run.stderr, code: run.status }).toEqual({ said: '', code: 0 });
});

test.each(['18.20.4', '20.18.3'])('Node %s is told in a sentence that it is too old', (version) => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const run = spawnSync(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, setup], {
    encoding: 'utf8',
  });
  expect(run.stderr).toMatch(/^UW Wizard needs Node 20\.19 or newer/);
  expect(run.status).toBe(1);
});
