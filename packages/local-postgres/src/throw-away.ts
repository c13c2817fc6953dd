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
  const stop = guardAgainstOurEnd(folder);
  const server = await startLocalPostgres({
    dataDir: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    password: randomBytes(16).toString('hex'),
    durable: false,
  });
  return { url: server.url, stop };
}

/** Ends the server, if there is one by now, and deletes the folder as often as it takes while initdb still writes to it. */
const cleanUp = `
  cat >/dev/null
  pid=$(head -n 1 "$1/postgres/postmaster.pid" 2>/dev/null)
  [ -n "$pid" ] && kill -QUIT "$pid"
  tries=0
  while [ -d "$1" ] && [ $tries -lt 100 ]; do
    if [ -z "$pid" ] || ! kill -0 "$pid"; then rm -rf "$1"; fi
    [ -d "$1" ] && sleep 0.05
    tries=$((tries + 1))
  done`;

/** A shell that sees our end of its pipe close, be it by Ctrl-C or by kill -9, and then cleans up. */
function guardAgainstOurEnd(folder: string): () => Promise<void> {
  const guard = spawn('/bin/sh', ['-c', cleanUp, 'sh', folder], {
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
