import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder whose processes end with it. */
export type GuardedFolder = {
  readonly path: string;
  /** Names a process that must not outlive the folder. */
  own(pid: number): void;
  /** Leaves the folder where it is when everything ends, for a look at its logs. */
  keep(): void;
  /** Ends what still runs of it and deletes it. */
  remove(): Promise<void>;
};

/**
 * Ends the processes named in the folder's list, when they still are the ones that were named (same start time), and
 * deletes the folder as often as it takes until nobody writes to it any more. KEEP leaves the folder.
 */
const cleanUp = `
  keep=$(cat)
  while read -r pid started; do
    now=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)
    [ -d /proc/self ] || now=$started
    if [ -n "$now" ] && [ "$now" = "$started" ]; then kill -CONT "$pid" 2>/dev/null; kill -KILL "$pid" 2>/dev/null; fi
  done < "$1/processes"
  case "$keep" in keep*) exit 0 ;; esac
  tries=0
  while [ -d "$1" ] && [ $tries -lt 100 ]; do
    rm -rf "$1"
    [ -d "$1" ] && sleep 0.05
    tries=$((tries + 1))
  done`;

/**
 * Makes a folder that a shell watches over: whoever made it may end in any way, by kill -9 too, and its processes end and
 * the folder goes. `keep`: the folder stays, for a look at its logs.
 */
export async function makeGuardedFolder(options: { keep?: boolean } = {}): Promise<GuardedFolder> {
  const path = await mkdtemp(join(tmpdir(), 'uw-cluster-'));
  // As root the database runs as another user, who passes through here to its data.
  await chmod(path, 0o711);
  appendFileSync(join(path, 'processes'), '');
  const guard = spawn('/bin/sh', ['-c', cleanUp, 'sh', path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  const keep = () => void guard.stdin.write('keep');
  if (options.keep) keep();
  return {
    keep,
    path,
    own: (pid) => appendFileSync(join(path, 'processes'), `${pid} ${startTimeOf(pid)}\n`),
    remove: () =>
      new Promise((removed) => {
        guard.ref();
        guard.once('exit', () => removed());
        guard.stdin.end();
      }),
  };
}

/** When a process was started, in clock ticks since the machine was; where there is no /proc, its id has to be enough. */
function startTimeOf(pid: number): string {
  try {
    return /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]?.split(' ')[19] ?? '';
  } catch {
    return existsSync('/proc/self') ? '' : 'unknown';
  }
}
