import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'uw-wizard-turns-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that takes its turn and notes when it begins and ends. */
const work = `
  import { appendFileSync } from 'node:fs';
  import { takeTurn } from ${JSON.stringify(new URL('take-turn.js', import.meta.url).href)};
  await takeTurn('lock', () => undefined);
  appendFileSync('log', 'begin\\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  appendFileSync('log', 'end\\n');`;

async function fiveAtOnce(): Promise<string[]> {
  const children = [1, 2, 3, 4, 5].map(() =>
    spawn(process.execPath, ['--input-type=module', '--eval', work], { cwd: folder, stdio: 'inherit' }),
  );
  await Promise.all(children.map((child) => once(child, 'close')));
  return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
}
const oneAfterAnother = [1, 2, 3, 4, 5].flatMap(() => ['begin', 'end']);

test('set-ups that are begun at once are done one after another, and leave only their work', async () => {
  expect(await fiveAtOnce()).toEqual(oneAfterAnother);
  expect(readdirSync(folder)).toEqual(['log']);
});

test('the turn of a set-up that was killed goes to one of those who wait', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(join(folder, 'lock'), String(pid));
  expect(await fiveAtOnce()).toEqual(oneAfterAnother);
  expect(readdirSync(folder)).toEqual(['log']);
});
