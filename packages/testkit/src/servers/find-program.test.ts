import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram } from './find-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-programs-'));
  await writeFile(join(folder, 'uw-server'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(folder, 'uw-notes'), 'text', { mode: 0o644 });
});
afterAll(() => rm(folder, { recursive: true }));

test('a program is found by any of its names, and only when it can be run', async () => {
  expect(await findProgram(['uw-other', 'uw-server'], `/nonexistent:${folder}`)).toBe(join(folder, 'uw-server'));
  expect(await findProgram(['uw-notes'], folder)).toBeNull();
  expect(await findProgram(['uw-server'], '/nonexistent')).toBeNull();
});
