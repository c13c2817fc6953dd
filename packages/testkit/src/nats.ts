import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { findServer } from './servers/find-server.ts';
import { lock } from './servers/lock.ts';
import type { Server } from './servers/server.ts';
import { answers } from './servers/speak.ts';
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

const wanted = { title: 'NATS', variable: 'TEST_NATS_URL', programs: ['nats-server'] } as const;

/**
 * Starts a NATS server with JetStream (some 50 ms), which ends with this process at the latest. `config` is added to its
 * configuration: users with their permissions, accounts, TLS. Its streams are kept until `stop`, also over a `kill`.
 */
export async function startNats(options: { config?: string } = {}): Promise<NatsServer> {
  const found = await findServer(wanted, { ownProcess: true });
  if (found.from === 'url') throw new Error('A server that runs elsewhere cannot be killed.');
  const server = await startProgram(found.program, options.config ?? '');
  const urlFor = (user: string, password: string) =>
    `nats://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${server.host}:${server.port}`;
  return { ...server, url: `nats://${server.host}:${server.port}`, urlFor };
}

function startProgram(program: Program, config: string): Promise<Server> {
  return startProcess({
    name: 'nats',
    program,
    files: (folder, port) => ({
      'nats.conf': [
        `server_name: "${basename(folder)}"`,
        `listen: "127.0.0.1:${port}"`,
        `jetstream { store_dir: "${join(folder, 'data')}" }`,
        config,
      ].join('\n'),
    }),
    args: (folder) => ['-c', join(folder, 'nats.conf')],
    isReady: (at) => answers(at, '', `"server_name":"${basename(at.folder)}"`),
  });
}

const accountsPerServer = 200;
let accounts: { server: Promise<NatsServer>; taken: number } | undefined;

/**
 * Gives a test an account of its own on a server that the test file shares. On the server of TEST_NATS_URL, which has one
 * account, tests take turns over the whole machine, and its streams are deleted before and after each.
 */
export async function createTestNats(): Promise<TestNats> {
  const given = process.env[wanted.variable];
  if (given !== undefined && given !== '') return takeTurn(given);
  if (accounts === undefined || accounts.taken === accountsPerServer) {
    accounts = { server: startNats({ config: accountsConfig() }), taken: 0 };
  }
  const account = `test${accounts.taken}`;
  accounts.taken += 1;
  const server = await accounts.server;
  return { url: server.urlFor(account, account), drop: () => deleteStreams(server.urlFor(account, account)) };
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
