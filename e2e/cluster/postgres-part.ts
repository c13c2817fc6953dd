import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LocalPostgres, startLocalPostgres } from '@uw-wizard/local-postgres/server';
import { childrenOf } from '../house/processes.ts';
import type { Part } from './part.ts';

/** A part that is a PostgreSQL of its own, durable as in production: what it has acknowledged survives its kill. */
export function postgresPart(options: {
  folder: string;
  port: number;
  password: string;
  onSpawn(pid: number): void;
}): Part {
  const { folder, port, password } = options;
  const logFile = join(folder, 'postgres.log');
  let server: LocalPostgres | null = null;
  const running = (): LocalPostgres => {
    if (server === null) throw new Error('postgres does not run');
    return server;
  };
  const pids = () => (server === null ? [] : [server.pid, ...childrenOf(server.pid)]);
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of pids()) {
      try {
        process.kill(pid, signal);
      } catch {
        // A backend that has ended by itself.
      }
    }
  };
  return {
    name: 'postgres',
    lastWords: async () => (await readFile(logFile, 'utf8').catch(() => '')).slice(-3_000),
    async start() {
      server = await startLocalPostgres({ dataDir: join(folder, 'postgres'), logFile, password, port, durable: true });
      options.onSpawn(server.pid);
    },
    async kill() {
      const { ended } = running();
      signalAll('SIGKILL');
      await ended;
      server = null;
    },
    async stop() {
      if (server === null) return;
      await server.stop();
      server = null;
    },
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
  };
}
