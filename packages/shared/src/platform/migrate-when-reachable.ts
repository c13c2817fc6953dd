import type { Logger } from './logger.ts';
import { MigrationError, migrate } from './migrate.ts';
import { pause } from './worker.ts';

/**
 * Migrates as soon as the database can be reached: while it cannot, it says so and tries again, later and later, until
 * `signal` is aborted. What the database refuses (a wrong password, a migration that fails) is thrown at once: waiting
 * would not mend it.
 */
export async function migrateWhenReachable(options: {
  url: string;
  folder: URL;
  log: Logger;
  signal: AbortSignal;
  firstWaitMs?: number;
}): Promise<void> {
  const { url, folder, log, signal } = options;
  const { host } = new URL(url);
  let waitMs = options.firstWaitMs ?? 250;
  while (!signal.aborted) {
    try {
      const { applied } = await migrate({ url, folder, log: (line) => log.debug(line) });
      log.info({ applied: applied.length, database: host }, 'database is up to date');
      return;
    } catch (error) {
      if (!isAway(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ database: host, reason, retry_ms: waitMs }, 'waiting for the database');
      await pause(waitMs, signal);
      waitMs = Math.min(5_000, waitMs * 2);
    }
  }
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Whether the server, and not what was asked of it, is the trouble: class 08, being shut down or started, or full. */
function isAway(error: unknown): boolean {
  if (error instanceof MigrationError) return error.cause !== undefined && isAway(error.cause);
  if (error instanceof AggregateError) return error.errors.some(isAway);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (networkCodes.has(code) || /^(08...|57P0[123]|53300)$/.test(code)) return true;
  return code === '' && /timeout|terminated/i.test(error.message);
}
