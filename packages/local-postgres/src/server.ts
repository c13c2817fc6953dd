import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './binaries.ts';
import { endOrphan, endPostmaster, readPostmaster } from './orphan.ts';
import { findServerUser, type ServerUser } from './server-user.ts';

/** A running PostgreSQL of our own, on a free port of the loopback interface. */
export type LocalPostgres = {
  readonly port: number;
  /** The folder of its unix socket, which costs less than the loopback interface; null where it cannot have one. */
  readonly socketFolder: string | null;
  readonly pid: number;
  /** The pid of a server left over from an earlier start, which was ended first. */
  readonly orphanPid: number | null;
  /** URL of `database` for the superuser. */
  url(database: string): string;
  /** Resolves when the server has ended, asked to or not. */
  readonly ended: Promise<void>;
  /** Fast shutdown; a server that has not ended after `patienceMs` (6 s) is ended hard. */
  stop(patienceMs?: number): Promise<void>;
  /** Ends it hard and does not wait; a durable one recovers when it is started again. */
  kill(): void;
};

type Options = {
  /** Made by initdb when it is not there. Its parent folder must exist. */
  dataDir: string;
  /** The superuser's password; must stay the same for the life of `dataDir`. */
  password: string;
  /** True: what was committed survives a power cut. False: faster, for data that is thrown away. */
  durable: boolean;
  /** What the server writes to its log; the file of the start before is kept as `<logFile>.old`. */
  logFile: string;
  /** For a server that is started again for clients that know it; any free one by default. */
  port?: number;
};

const superuser = 'postgres';

const settings = {
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  lc_messages: 'C',
  log_checkpoints: 'off',
};

const durableSettings = {
  // A new house fills its tables within seconds; until they are looked at, plans choose among indexes blindly.
  autovacuum_naptime: '10s',
};

const throwAwaySettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  // Hashing 4,096 times for each connection would make a password hard to guess that is random and gone in a minute.
  scram_iterations: '1',
};

/**
 * The C library gives memory back to the system after every statement and asks for it again with the next: a tenth of a
 * backend's time. So it keeps some megabytes (mallopt(3); other C libraries do not read these).
 */
const memoryKept = { MALLOC_TRIM_THRESHOLD_: String(16 * 1024 * 1024), MALLOC_TOP_PAD_: String(256 * 1024) };

/**
 * Starts PostgreSQL on `dataDir`, making the cluster first when there is none. A server that an earlier start left behind
 * on it is ended. It runs in a session of its own, so that a Ctrl-C in the terminal reaches us and not it. Throws with
 * the last lines of its log when it does not come up.
 */
export async function startLocalPostgres(options: Options): Promise<LocalPostgres> {
  const dataDir = resolve(options.dataDir);
  const { initdb, postgres } = await findBinaries();
  const user = findServerUser(dirname(dataDir), postgres);
  if (!existsSync(dataDir)) await makeCluster({ ...options, dataDir, initdb, user });
  const orphanPid = await endOrphan(dataDir);
  const { child, ended, port } = await startOnFreePort({ ...options, dataDir }, postgres, user);
  // The caller stops it; nothing else keeps this process alive because of it.
  child.unref();
  const pid = child.pid ?? 0;
  return {
    port,
    socketFolder: socketFolderOf(dataDir),
    pid,
    orphanPid,
    url: (database) =>
      `postgresql://${superuser}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    ended,
    async stop(patienceMs) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await endPostmaster(pid, patienceMs);
    },
    kill: () => void child.kill('SIGQUIT'),
  };
}

/** initdb beside the final place, then renamed: a start that is killed half-way leaves no half cluster in its place. */
async function makeCluster(made: Options & { initdb: string; user: ServerUser }) {
  const beside = `${made.dataDir}.new`;
  const passwordFile = `${made.dataDir}.password`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { mode: 0o700 });
  await writeFile(passwordFile, made.password, { mode: 0o600 });
  const { owner } = made.user;
  if (owner !== undefined) for (const path of [beside, passwordFile]) await chown(path, owner.uid, owner.gid);
  const { file, args, ...as } = made.user.command(made.initdb, [
    `--pgdata=${beside}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(made.durable ? [] : ['--no-sync', '--set=scram_iterations=1']),
  ]);
  try {
    const child = spawn(file, args, { ...as, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    const complaints: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    const code = await new Promise<number | null>((done, fail) => {
      child.once('error', fail);
      child.once('close', done);
    });
    if (code !== 0) throw new Error(`The database could not be made: ${Buffer.concat(complaints).toString().trim()}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(beside, made.dataDir);
}

/** A free port can be taken between finding and using it, and the memory of a killed server lingers: both pass. */
async function startOnFreePort(options: Options, postgres: string, user: ServerUser) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const port = options.port ?? (await findFreePort());
    const started = await spawnServer(options, postgres, user, port);
    if (await becomesReady(started, options.dataDir)) return { ...started, port };
    const log = await readFile(options.logFile, 'utf8');
    const passing = /Address already in use|pre-existing shared memory block|lock file .* already exists/.test(log);
    if (!passing || Date.now() > deadline) {
      throw new Error(
        `The database did not start. The end of ${options.logFile}:\n${log.trim().split('\n').slice(-8).join('\n')}`,
      );
    }
    await sleep(200);
  }
}

/** The data directory itself, which nobody else can enter, unless paths in it are too long for the kernel. */
function socketFolderOf(dataDir: string): string | null {
  // 108 bytes (104 on macOS), the final zero included; PostgreSQL separates folders by commas.
  const fits = Buffer.byteLength(join(dataDir, '.s.PGSQL.65535')) < 100 && !dataDir.includes(',');
  return fits && process.platform !== 'win32' ? dataDir : null;
}

/** A server process, and when it has ended or could not be started. */
type Started = { child: ChildProcess; ended: Promise<void> };

async function spawnServer(options: Options, postgres: string, user: ServerUser, port: number): Promise<Started> {
  const sockets = { unix_socket_directories: socketFolderOf(options.dataDir) ?? '' };
  const chosen = {
    ...settings,
    ...sockets,
    ...(options.durable ? durableSettings : throwAwaySettings),
    port: String(port),
  };
  const flags = Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { file, args, ...as } = user.command(postgres, ['-D', options.dataDir, ...flags]);
  await rename(options.logFile, `${options.logFile}.old`).catch(() => undefined);
  const log = await open(options.logFile, 'w', 0o600);
  try {
    const child = spawn(file, args, {
      ...as,
      cwd: '/',
      // biome-ignore lint/style/noProcessEnv: a program that is started here gets what it would have got without `env`.
      env: { ...process.env, ...memoryKept },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    // Listened for at once: it may end before anything else here gets its turn, and nobody would hear of it any more.
    const ended = new Promise<void>((done) => {
      child.once('exit', () => done());
      child.once('error', () => done());
    });
    return { child, ended };
  } finally {
    await log.close();
  }
}

async function becomesReady({ child, ended }: Started, dataDir: string): Promise<boolean> {
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  while (!gone) {
    const postmaster = await readPostmaster(dataDir);
    if (postmaster?.pid === child.pid && postmaster?.ready) return true;
    await sleep(10);
  }
  return false;
}

function findFreePort(): Promise<number> {
  return new Promise((found, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null ? found(address.port) : fail(new Error('no port')),
      );
    });
  });
}
