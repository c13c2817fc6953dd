import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, both PEM. */
export type Certificate = { cert: string; key: string };

/** An authority made for one test: its own certificate, and a way to get others signed. */
export type Authority = {
  readonly ca: string;
  /** A certificate for a server under these names (addresses as such), or for a client. */
  issue(name: string, options?: { hosts?: readonly string[]; addresses?: readonly string[] }): Certificate;
};

/** Makes an authority that nobody trusts yet. X.509 (RFC 5280) written out by hand: no tool of the machine is needed. */
export function createAuthority(name: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const isAuthority = extension('551d13', sequence(tlv(0x01, Buffer.from([0xff]))), true);
  return {
    ca: certificate({ subject: name, issuer: name, publicKey, signer: privateKey, extensions: [isAuthority] }),
    issue(subject, { hosts = [], addresses = [] } = {}) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = [
        ...hosts.map((host) => tlv(0x82, Buffer.from(host))),
        ...addresses.map((address) => tlv(0x87, Buffer.from(address.split('.').map(Number)))),
      ];
      const extensions = names.length === 0 ? [] : [extension('551d11', sequence(...names), false)];
      return {
        cert: certificate({ subject, issuer: name, publicKey: own.publicKey, signer: privateKey, extensions }),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

function certificate(options: {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signer: KeyObject;
  extensions: Buffer[];
}): string {
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const hourMs = 3_600_000;
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    ecdsaWithSha256,
    distinguishedName(options.issuer),
    sequence(time(Date.now() - hourMs), time(Date.now() + 24 * hourMs)),
    distinguishedName(options.subject),
    options.publicKey.export({ type: 'spki', format: 'der' }),
    ...(options.extensions.length === 0 ? [] : [tlv(0xa3, sequence(...options.extensions))]),
  );
  const signature = sign('sha256', toBeSigned, options.signer);
  const whole = sequence(toBeSigned, ecdsaWithSha256, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}

/** As GeneralizedTime, to the second. */
function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return tlv(0x18, Buffer.from(`${digits}Z`));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function tlv(tag: number, value: Buffer): Buffer {
  const size = value.length;
  const long = size > 255 ? [0x82, size >> 8, size & 0xff] : [0x81, size];
  return Buffer.concat([Buffer.from(size < 128 ? [tag, size] : [tag, ...long]), value]);
}
