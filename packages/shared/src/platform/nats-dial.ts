import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { NatsServers } from './nats-url.ts';

/** What a server proves itself with, and we to it. All PEM. */
export type BusTls = {
  /** The authority that signed the server's certificate; without it those that Node trusts. */
  ca?: string | undefined;
  /** Our own certificate and its key, for servers that ask for one. */
  cert?: string | undefined;
  key?: string | undefined;
};

const connectMs = 5_000;

/** Dials one of the servers, each in its `turn`. Names are left to Node, which tries all their addresses; the client would stop at the first. */
export function dial(
  servers: NatsServers,
  turn: number,
  { name, tls }: { name: string; tls?: BusTls | undefined },
): Promise<NatsConnection> {
  const { host, port } = servers.hosts[turn % servers.hosts.length] ?? { host: '', port: 0 };
  const secured = {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    // An address cannot be a server name; the certificate is checked for it all the same.
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    checkServerIdentity: (_name: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
  return connect({
    servers: [host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`],
    name,
    ...(servers.user === undefined ? {} : { user: servers.user }),
    ...(servers.password === undefined ? {} : { pass: servers.password }),
    ...(servers.tls ? { tls: secured } : {}),
    // What may answer us is limited by the server to this prefix.
    inboxPrefix: inboxPrefix(name),
    reconnect: false,
    resolve: false,
    ignoreClusterUpdates: true,
    timeout: connectMs,
    // A half-open connection is noticed after three of these, not after the client's own six minutes.
    pingInterval: 15_000,
    noAsyncTraces: true,
  });
}

/** Where answers to `name` arrive, before the first dot. */
export function inboxPrefix(name: string): string {
  return `_INBOX_${subjectToken(name)}`;
}

/** A name as one token of a subject. */
export function subjectToken(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_') || '_';
}
