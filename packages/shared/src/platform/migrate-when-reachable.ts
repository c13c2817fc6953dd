import { type DatabaseRoles, roleOf } from './access.ts';
import { isDatabaseAway } from './database-away.ts';
import type { Logger } from './logger.ts';
import { MigrationError, migrate } from './migrate.ts';
import { pause } from './worker.ts';

/**
 * Migrates as soon as the database can be reached: while it cannot, it says so and tries again, later and later, until
 * `signal` is aborted. What the database refuses (a wrong password, a migration that fails) is thrown at once: waiting
 * would not mend it.
 */
export async function migrateWhenReachable(options: {
  /** The owner's. */
  url: string;
  /** Of the runtime role and of the worker, who are given what they need. */
  runtimeUrl: string;
  workerUrl: string;
  folder: URL;
  log: Logger;
  signal: AbortSignal;
  firstWaitMs?: number;
}): Promise<void> {
  const { url, folder, log } = options;
  const roles = rolesOf(options);
  await whenReachable(async () => {
    const { applied } = await migrate({ url, folder, roles, log: (line) => log.debug(line) });
    if (roles === undefined || roles.runtime === roles.worker || roles.runtime === roleOf(url))
      log.warn({ database: new URL(url).host }, oneRole);
    log.info({ applied: applied.length, database: new URL(url).host }, 'database is up to date');
  }, options);
}

const oneRole =
  'row-level security does not bind here: give DATABASE_URL, DATABASE_WORKER_URL and DATABASE_MIGRATION_URL a role each';

/** None where a URL leaves to the driver who it is for. */
function rolesOf({ runtimeUrl, workerUrl }: { runtimeUrl: string; workerUrl: string }): DatabaseRoles | undefined {
  const [runtime, worker] = [roleOf(runtimeUrl), roleOf(workerUrl)];
  return runtime === null || worker === null ? undefined : { runtime, worker };
}

/** What a start needs of the database at `url`, again and again as long as that is away; nothing once `signal` is aborted. */
export async function whenReachable(
  work: () => Promise<void>,
  options: { url: string; log: Logger; signal: AbortSignal; firstWaitMs?: number },
): Promise<void> {
  const { log, signal } = options;
  const { host } = new URL(options.url);
  let waitMs = options.firstWaitMs ?? 250;
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ database: host, reason, retry_ms: waitMs }, 'waiting for the database');
      await pause(waitMs, signal);
      waitMs = Math.min(5_000, waitMs * 2);
    }
  }
}

/** Whether the server, and not what was asked of it, is the trouble. A socket that is not there yet is a file that is not. */
function isAway(error: unknown): boolean {
  if (error instanceof MigrationError) return error.cause !== undefined && isAway(error.cause);
  if (error instanceof AggregateError) return error.errors.some(isAway);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return isDatabaseAway(error) || code === 'ENOENT' || (code === '' && /timeout|terminated/i.test(error.message));
}
