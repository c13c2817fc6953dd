import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { images } from './images.ts';
import { findServer } from './servers/find-server.ts';
import { lock } from './servers/lock.ts';
import type { Server } from './servers/server.ts';
import { answers } from './servers/speak.ts';
import { startContainer } from './servers/start-container.ts';
import { type Program, startProcess } from './servers/start-process.ts';

/** A NATS server of a test's own, with JetStream, that may be killed, frozen and started again. */
export type NatsServer = Server & {
  readonly url: string;
  /** The URL for a user that `config` has made. */
  urlFor(user: string, password: string): string;
};

/** A place on a NATS server where a test sees no other test's streams, subjects and questions. */
export type TestNats = {
  readonly url: string;
  drop(): Promise<void>;
};

const nats = { title: 'NATS', variable: 'TEST_NATS_URL', install: 'nats-server' } as const;

/**
 * Starts a NATS server with JetStream (a process takes some 20 ms), which ends with this process at the latest. `config`
 * is added to its configuration: users with their permissions, accounts, TLS. Its streams are kept until `stop`, also
 * over a `kill`.
 */
export async function startNats(options: { config?: string } = {}): Promise<NatsServer> {
  const config = options.config ?? '';
  const server = await findServer({
    ...nats,
    container: () => inContainer(config),
    program: { names: ['nats-server'], start: (program) => asProcess(program, config) },
  });
  const urlFor = (user: string, password: string) =>
    `nats://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${server.host}:${server.port}`;
  return { ...server, url: `nats://${server.host}:${server.port}`, urlFor };
}

function asProcess(program: Program, config: string): Promise<Server> {
  return startProcess({
    name: 'nats',
    program,
    files: (folder, port) => ({
      'nats.conf': configFile(
        { name: basename(folder), listen: `127.0.0.1:${port}`, data: join(folder, 'data') },
        config,
      ),
    }),
    args: (folder) => ['-c', join(folder, 'nats.conf')],
    isReady: (at) => answers(at, '', `"server_name":"${basename(at.folder)}"`),
  });
}

function inContainer(config: string): Promise<Server> {
  const file = '/etc/nats/test.conf';
  return startContainer({
    name: nats.title,
    image: images.nats,
    port: 4222,
    files: { [file]: configFile({ name: 'test', listen: '0.0.0.0:4222', data: '/data' }, config) },
    command: ['-c', file],
    isReady: (at) => answers(at, '', '"server_name":"test"'),
  });
}

function configFile(server: { name: string; listen: string; data: string }, config: string): string {
  // Streams reserve what they may grow to, and tests make many that never do.
  const own = `server_name: "${server.name}"\nlisten: "${server.listen}"\njetstream { store_dir: "${server.data}", max_file: 1TB }\n`;
  return own + config;
}

const accountsPerServer = 200;
let accounts: { server: Promise<NatsServer>; taken: number } | undefined;

/**
 * Gives a test an account of its own on a server that the test file shares. On the server of TEST_NATS_URL, which has one
 * account, tests take turns over the whole machine, and its streams are deleted before and after each.
 */
export async function createTestNats(): Promise<TestNats> {
  const given = process.env[nats.variable];
  if (given !== undefined && given !== '') return takeTurn(given);
  if (accounts === undefined || accounts.taken === accountsPerServer) {
    accounts = { server: startNats({ config: accountsConfig() }), taken: 0 };
  }
  const account = `test${accounts.taken}`;
  accounts.taken += 1;
  const url = (await accounts.server).urlFor(account, account);
  return { url, drop: () => deleteStreams(url) };
}

function accountsConfig(): string {
  const lines = Array.from({ length: accountsPerServer }, (_, at) => {
    const name = `test${at}`;
    return `  ${name} { jetstream: enabled, users: [ { user: ${name}, password: ${name} } ] }`;
  });
  return `accounts {\n${lines.join('\n')}\n}`;
}

async function takeTurn(url: string): Promise<TestNats> {
  const giveBack = await lock(join(tmpdir(), 'uw-wizard-test-nats.lock'));
  await deleteStreams(url);
  return {
    url,
    async drop() {
      await deleteStreams(url);
      await giveBack();
    },
  };
}

/** By plain requests to the server's own API: what a test leaves behind is deleted without the driver under test. */
async function deleteStreams(url: string): Promise<void> {
  const { username, password, host } = new URL(url);
  const user = username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  const connection = await connect({ servers: host, ...user });
  try {
    const listed = await connection.request('$JS.API.STREAM.NAMES');
    const { streams } = listed.json<{ streams: string[] | null }>();
    for (const name of streams ?? []) await connection.request(`$JS.API.STREAM.DELETE.${name}`);
  } finally {
    await connection.close();
  }
}
