import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Lets this process's threads and the programs that it starts from now on work their turn of the processor to its end,
 * although others of them were woken meanwhile (SCHED_BATCH of sched(7)). Each packet to the database wakes a process there;
 * what that cost the event loop is in docs/performance.md. On Linux, with `chrt` of util-linux; elsewhere nothing changes.
 */
export async function takeWholeTurns(): Promise<void> {
  if (process.platform !== 'linux') return;
  const asked = promisify(execFile)('chrt', ['--batch', '--all-tasks', '--pid', '0', String(process.pid)]);
  await asked.catch(() => undefined);
}
