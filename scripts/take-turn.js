// Lets one process at a time work on something, by a file that names whose turn it is.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 15 * 60_000;

/**
 * Waits until it is this process's turn, which lasts until the process ends. The turn of one that was killed is taken
 * over. Rejects with what to do when another one's takes longer than 15 minutes.
 * @param {string} path of the file; its folder must exist
 * @param {(pid: number) => void} onWait told once, when another process has its turn
 */
export async function takeTurn(path, onWait) {
  const own = `${path}.${process.pid}`;
  const deadline = Date.now() + patienceMs;
  let told = false;
  try {
    for (;;) {
      writeFileSync(own, String(process.pid));
      if (link(own, path)) break;
      const holder = holderOf(path);
      if (holder !== null && !isRunning(holder)) {
        renameSync(own, path);
        // Several may have found it left behind: the last of them keeps it.
        await pause(200);
        if (holderOf(path) === process.pid) break;
        continue;
      }
      if (holder !== null && !told) onWait(holder);
      told ||= holder !== null;
      if (Date.now() > deadline) {
        throw new Error(
          `Process ${holder} does not come to an end. If it has nothing to do with this, delete ${path}.`,
        );
      }
      await pause(100);
    }
  } finally {
    rmSync(own, { force: true });
  }
  process.once('exit', () => rmSync(path, { force: true }));
}

/**
 * @param {string} own
 * @param {string} path
 */
function link(own, path) {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Whose turn it is; null when it is over by now.
 * @param {string} path
 */
function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
