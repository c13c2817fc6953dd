import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until `check` passes: runs it again and again and returns what it returned, or throws its last error once
 * `timeoutMs` (5 s) have gone by. For everything that becomes true by itself; tests never sleep.
 */
export async function eventually<T>(
  check: () => Promise<T> | T,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + (options.timeoutMs ?? 5_000);
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await sleep(options.everyMs ?? 20);
  }
}
