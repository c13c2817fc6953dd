import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalPostgres } from './server.ts';

/**
 * Starts a PostgreSQL whose data nobody will want again, in a temporary folder. It is ended and its folder deleted by
 * `stop`, and also when this process ends in any other way.
 */
export async function startThrowAwayPostgres(): Promise<{ url(database: string): string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'uw-wizard-postgres-'));
  // As root the server runs as another user, who passes through here to the data.
  await chmod(folder, 0o711);
  const server = await startLocalPostgres({
    dataDir: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    password: randomBytes(16).toString('hex'),
    durable: false,
  });
  return { url: server.url, stop: guardAgainstOurEnd(server.pid, folder) };
}

/** A shell that sees our end of its pipe close, be it by Ctrl-C or by kill -9, then ends the server and deletes its folder. */
function guardAgainstOurEnd(pid: number, folder: string): () => Promise<void> {
  const script =
    'cat >/dev/null; kill -QUIT "$1"; n=0; while kill -0 "$1" && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done; rm -rf "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'sh', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return () =>
    new Promise((released) => {
      guard.ref();
      guard.once('exit', () => released());
      guard.stdin.end();
    });
}
