import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@uw-wizard/testkit/eventually';
import { type NatsServer, startNats } from '@uw-wizard/testkit/nats';
import { expect, onTestFinished, test } from 'vitest';
import type { BusTls } from '../src/platform/nats-dial.ts';
import { openBus } from '../src/platform/open-bus.ts';
import { type Certificate, createAuthority } from './certificates.ts';
import { keptLog } from './kept-log.ts';

const authority = createAuthority('Bus Test Authority');

/** A server that insists on TLS and shows `own`; with `clients` it wants to see a certificate of that authority. */
async function serverWith(own: Certificate, clients?: string): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'uw-nats-tls-'));
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return JSON.stringify(join(folder, name));
  };
  const verify = clients === undefined ? '' : `ca_file: ${await file('ca.pem', clients)}\n  verify: true`;
  const nats = await startNats({
    config: `tls {
  cert_file: ${await file('cert.pem', own.cert)}
  key_file: ${await file('key.pem', own.key)}
  ${verify}
}`,
  });
  onTestFinished(async () => {
    await nats.stop();
    await rm(folder, { recursive: true });
  });
  return nats;
}

async function opened(nats: NatsServer, host: string, tls: BusTls) {
  const { log, lines } = keptLog();
  const bus = await openBus({ url: `tls://${host}:${nats.port}`, name: 'deals-svc', log, tls });
  onTestFinished(() => bus.close());
  return { bus, lines };
}

test('a server whose certificate our authority signed is trusted, by name and by address', async () => {
  const nats = await serverWith(authority.issue('nats', { hosts: ['localhost'], addresses: ['127.0.0.1'] }));
  for (const host of ['127.0.0.1', 'localhost']) {
    const { bus } = await opened(nats, host, { ca: authority.ca });
    await eventually(() => expect(bus.connected()).toBe(true));
    await bus.publish({ stream: 'deals-svc', subject: 'deal.started', id: `over-${host}`, body: '{}' });
  }
});

test('a server signed by another authority, or with the certificate of another host, is not trusted', async () => {
  const named = await serverWith(authority.issue('nats', { hosts: ['localhost'] }));
  const cases = [
    { host: 'localhost', ca: createAuthority('Somebody Else').ca, why: /SIGNATURE|self-signed|unable to verify/i },
    { host: '127.0.0.1', ca: authority.ca, why: /does not match certificate/ },
  ];
  for (const { host, ca, why } of cases) {
    const { bus, lines } = await opened(named, host, { ca });
    await eventually(() => expect(JSON.stringify(lines)).toMatch(why));
    expect(bus.connected()).toBe(false);
  }
});

test('a server that asks for a certificate takes those that show one', async () => {
  const own = authority.issue('nats', { addresses: ['127.0.0.1'] });
  const nats = await serverWith(own, authority.ca);
  const bare = await opened(nats, '127.0.0.1', { ca: authority.ca });
  expect(bare.bus.connected()).toBe(false);
  const { bus } = await opened(nats, '127.0.0.1', { ca: authority.ca, ...authority.issue('deals-svc') });
  await eventually(() => expect(bus.connected()).toBe(true));
});

test('a URL that says tls is not talked to in the clear', async () => {
  const nats = await startNats();
  onTestFinished(() => nats.stop());
  const { bus, lines } = await opened(nats, '127.0.0.1', {});
  await eventually(() => expect(JSON.stringify(lines)).toMatch(/does not support 'tls'/));
  expect(bus.connected()).toBe(false);
});
