import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Makes `folder` the sign that one process of this machine is at work, and waits while another one is. A sign whose
 * process has died is taken away. Returns the function that gives it back.
 */
export async function lock(folder: string): Promise<() => Promise<void>> {
  await mkdir(dirname(folder), { recursive: true });
  while (!(await taken(folder))) {
    await removeIfDead(folder);
    await sleep(50);
  }
  return () => giveBack(folder);
}

/** Out of the way in one step: emptied in its place, another could take it between its last file and its end. */
async function giveBack(folder: string): Promise<void> {
  const aside = `${folder}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await rename(folder, aside);
  await rm(aside, { recursive: true });
}

/** It gets its name only when it says whose it is: nobody sees a sign without an owner. */
async function taken(folder: string): Promise<boolean> {
  const mine = `${folder}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await mkdir(mine);
  await writeFile(join(mine, 'pid'), String(process.pid));
  try {
    await rename(mine, folder);
    return true;
  } catch (error) {
    await rm(mine, { recursive: true, force: true });
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfDead(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''));
  if (pid === 0 || isAlive(pid)) return;
  const aside = `${folder}.dead.${process.pid}`;
  // Of several who see it only one gets it. What another has put there since, in that very moment, goes back.
  await rename(folder, aside).catch(() => undefined);
  const found = Number(await readFile(join(aside, 'pid'), 'utf8').catch(() => ''));
  if (found !== 0 && found !== pid) await rename(aside, folder).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
