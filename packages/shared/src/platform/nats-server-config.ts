import { type BusUser, busUsers } from '../contracts/neighbours.ts';
import { type NatsPermissions, natsPermissions } from './nats-permissions.ts';

export type NatsServerConfig = {
  /** Each user's password: plain text, or its bcrypt hash. A user without one cannot connect. */
  users: Partial<Record<BusUser, string>>;
  /** `host:port` where clients connect. */
  listen: string;
  /** The folder of the streams. */
  storeDir: string;
  /** How much of the disk all streams together may take, in bytes: what one may keep (512 MiB), times five, or more. */
  maxStoreBytes: number;
  /** `host:port` of the server's own health and figures; they need no password. */
  monitor?: string;
  /** Files of the certificate; with `ca`, clients must show one signed by it. */
  tls?: { cert: string; key: string; ca?: string };
};

/** The text of a nats-server.conf (2.9 and later): JetStream on disk, and each user limited to its own subjects. */
export function natsServerConfig(config: NatsServerConfig): string {
  return [
    `listen: ${quoted(config.listen)}`,
    ...(config.monitor === undefined ? [] : [`http: ${quoted(config.monitor)}`]),
    'jetstream {',
    `  store_dir: ${quoted(config.storeDir)}`,
    `  max_file_store: ${config.maxStoreBytes}`,
    '}',
    ...(config.tls === undefined ? [] : tlsBlock(config.tls)),
    natsUsersConfig(config.users),
  ].join('\n');
}

/** The part of the configuration that names users and what they may do. Throws when a password cannot be written in it. */
export function natsUsersConfig(users: Partial<Record<BusUser, string>>): string {
  const blocks = busUsers.flatMap((user) => {
    const password = users[user];
    return password === undefined ? [] : userBlock(user, password, natsPermissions(user));
  });
  return ['authorization {', '  users = [', ...blocks, '  ]', '}', ''].join('\n');
}

function userBlock(user: BusUser, password: string, { publish, subscribe }: NatsPermissions): string[] {
  return [
    '    {',
    `      user: ${quoted(user)}`,
    `      password: ${quoted(password)}`,
    '      permissions {',
    `        publish { allow: [${publish.map(quoted).join(', ')}] }`,
    `        subscribe { allow: [${subscribe.map(quoted).join(', ')}] }`,
    '      }',
    '    }',
  ];
}

function tlsBlock({ cert, key, ca }: { cert: string; key: string; ca?: string }): string[] {
  return [
    'tls {',
    `  cert_file: ${quoted(cert)}`,
    `  key_file: ${quoted(key)}`,
    ...(ca === undefined ? [] : [`  ca_file: ${quoted(ca)}`, '  verify: true']),
    '}',
  ];
}

/** The server's strings know few escapes, so nothing is let in that would need another. */
function quoted(text: string): string {
  if (!/^[\x20-\x7e]+$/.test(text)) {
    throw new Error('the configuration of NATS takes printable ASCII only, in passwords too, and nothing empty');
  }
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
