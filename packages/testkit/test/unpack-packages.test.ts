import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpackedProgram } from '../src/servers/unpack-packages.ts';

/** The distribution: apt-get writes down its calls and hands out one package, dpkg-deb unpacks it. */
const aptGet = `#!/bin/sh
echo "$@" >>"$UW_TEST_CALLS"
[ -f "$UW_TEST_CALLS.broken" ] && exit 100
case "$*" in
  *--simulate*) echo 'Inst nats-server (1 Debian [amd64])'; echo 'Conf nats-server (1 Debian [amd64])';;
  *download*) : >nats-server_1_amd64.deb;;
esac
exit 0`;
const dpkgDeb = `#!/bin/sh
mkdir -p "$3/usr/sbin" "$3/usr/lib/x86_64-linux-gnu"
echo '#!/bin/sh' >"$3/usr/sbin/nats-server"
chmod 755 "$3/usr/sbin/nats-server"`;

let folder: string;
let cache: string;
const said: string[] = [];
const say = (line: string): void => void said.push(line);
const before = { ...process.env };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-unpack-'));
  cache = join(folder, 'cache');
  await mkdir(join(folder, 'bin'));
  for (const [name, text] of Object.entries({ 'apt-get': aptGet, 'dpkg-deb': dpkgDeb })) {
    await writeFile(join(folder, 'bin', name), text);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  process.env.PATH = `${join(folder, 'bin')}:${before.PATH}`;
  process.env.UW_TEST_CALLS = join(folder, 'calls');
});
afterEach(async () => {
  process.env.PATH = before.PATH;
  delete process.env.UW_TEST_CALLS;
  said.length = 0;
  await rm(folder, { recursive: true });
});

const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');

test('tests that start at the same time fetch the packages once, and say so once', async () => {
  const found = await Promise.all([1, 2, 3].map(() => unpackedProgram('nats-server', cache, say)));
  expect(new Set(found.map(({ path }) => path)).size).toBe(1);
  expect(found[0]?.path).toMatch(/usr\/sbin\/nats-server$/);
  expect(found[0]?.libraries).toEqual([expect.stringMatching(/usr\/lib\/x86_64-linux-gnu$/)]);
  expect((await calls()).filter((call) => call.endsWith(' update'))).toHaveLength(1);
  expect(said).toEqual([expect.stringContaining(cache)]);
});

test('a later run finds what an earlier one has fetched', async () => {
  await unpackedProgram('nats-server', cache, say);
  await rm(join(folder, 'calls'));
  await unpackedProgram('nats-server', cache, say);
  await expect(calls()).rejects.toThrow(/ENOENT/);
});

test('packages that cannot be fetched leave nothing behind, and the next run tries again', async () => {
  await writeFile(join(folder, 'calls.broken'), '');
  await expect(unpackedProgram('nats-server', cache, say)).rejects.toThrow(/apt-get update failed/);
  expect(await readdir(join(cache, 'servers'))).toEqual([]);
  await rm(join(folder, 'calls.broken'));
  await expect(unpackedProgram('nats-server', cache, say)).resolves.toBeDefined();
});

test('a program that the distribution does not have is named', async () => {
  await expect(unpackedProgram('no-such-server', cache, say)).rejects.toThrow(/no-such-server/);
});
