import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';
import { lock } from './lock.ts';
import type { Program } from './start-process.ts';

const run = promisify(execFile);

/** All that tests may want from the distribution: reading its lists costs the most, so it is done once for all. */
const packages = ['nats-server', 'redis-server'];

/** The folder that keeps what was unpacked: UW_WIZARD_CACHE, else below XDG_CACHE_HOME, else below ~/.cache. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.UW_WIZARD_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'uw-wizard');
}

/** True on Debian and its relatives, whose packages can be unpacked without being installed and without root. */
export async function canUnpack(): Promise<boolean> {
  return (await findProgram(['apt-get'])) !== null && (await findProgram(['dpkg-deb'])) !== null;
}

/**
 * A server from the distribution's own package, unpacked into `cache` without root and without installing anything; done
 * once, later calls find it there. Only one process of the machine does it at a time, beside the final place, so that
 * nobody finds half of it. `say` is told what takes the time.
 */
export async function unpackedProgram(program: string, cache: string, say: (line: string) => void): Promise<Program> {
  const place = join(cache, 'servers', await systemName());
  const ready = await programIn(place, program);
  if (ready !== null) return ready;
  const unlock = await lock(`${place}.lock`);
  try {
    const made = await programIn(place, program);
    if (made !== null) return made;
    say(`Getting ${packages.join(' and ')} from the distribution into ${place} (once, some seconds) …`);
    await unpack(place);
  } finally {
    await unlock();
  }
  const unpacked = await programIn(place, program);
  if (unpacked === null) throw new Error(`The distribution's packages ${packages.join(', ')} have no ${program}.`);
  return unpacked;
}

async function unpack(place: string): Promise<void> {
  const beside = await mkdtemp(`${place}.new-`);
  try {
    const apt = aptIn(beside);
    for (const folder of ['lists/partial', 'archives/partial', 'root']) {
      await mkdir(join(beside, folder), { recursive: true });
    }
    await apt('update');
    // What it would install: the packages and those libraries that this machine lacks.
    const plan = await apt('install', '--simulate', '--no-install-recommends', ...packages);
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '');
    await apt('download', ...names);
    for (const file of await readdir(beside)) {
      if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(beside, file), join(beside, 'root')]);
    }
    await rm(place, { recursive: true, force: true });
    await rename(join(beside, 'root'), place);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** apt-get with lists and archives of its own in `folder`, so that it needs neither root nor the system's locks. */
function aptIn(folder: string): (...args: string[]) => Promise<string> {
  const options = [
    ['Dir::State::Lists', join(folder, 'lists')],
    ['Dir::Cache', folder],
    ['Dir::Cache::archives', join(folder, 'archives')],
    ['Debug::NoLocking', '1'],
    ['APT::Sandbox::User', 'root'],
    ['Acquire::Retries', '2'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return async (...args) => {
    try {
      const { stdout } = await run('apt-get', ['-q', ...options, ...args], {
        cwd: folder,
        env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
        timeout: 180_000,
        maxBuffer: 16 * 1024 * 1024,
      });
      return stdout;
    } catch (cause) {
      throw new Error(`apt-get ${args.join(' ')} failed.`, { cause });
    }
  };
}

async function programIn(root: string, name: string): Promise<Program | null> {
  const path = await findProgram([name], ['usr/bin', 'usr/sbin'].map((part) => join(root, part)).join(':'));
  if (path === null || !path.startsWith(root)) return null;
  const libraries: string[] = [];
  for (const part of ['usr/lib', 'lib']) {
    const folders = await readdir(join(root, part)).catch(() => []);
    libraries.push(...folders.filter((folder) => /-linux-/.test(folder)).map((folder) => join(root, part, folder)));
  }
  return { path, libraries };
}

/** Binaries of one release of one distribution do not run on another. */
async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}
