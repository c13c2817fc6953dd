import { argon2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Argon2id with the first parameters that OWASP's password storage cheat sheet lists: 19 MiB, 2 passes, 1 lane. */
const today = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const saltBytes = 16;
const tagBytes = 32;

type Parameters = { readonly memory: number; readonly passes: number; readonly parallelism: number };
type Encoded = { readonly parameters: Parameters; readonly salt: Buffer; readonly tag: Buffer };

/** Of a password that nobody has: what is compared with where there is no account takes as long. */
const nobody: Encoded = { parameters: today, salt: Buffer.alloc(saltBytes), tag: Buffer.alloc(tagBytes) };

/** A password's hash, with its parameters in the PHC string format, in a worker thread. */
export function hashPassword(password: string): string {
  const salt = randomBytes(saltBytes);
  const { memory, passes, parallelism } = today;
  const [written, tag] = [salt, tagOf(password, { parameters: today, salt, tag: nobody.tag })].map(base64);
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${written}$${tag}`;
}

/** Whether a password is the one of `hash`, in a worker thread; for null it takes as long to say no. */
export function verifyPassword({ hash, password }: { hash: string | null; password: string }): boolean {
  const encoded = hash === null ? nobody : decode(hash);
  return timingSafeEqual(tagOf(password, encoded), encoded.tag) && hash !== null;
}

/** Whether `hash` was made with other parameters than those of today. */
export function isDated(hash: string): boolean {
  const { parameters } = decode(hash);
  return (Object.keys(today) as (keyof Parameters)[]).some((name) => parameters[name] !== today[name]);
}

function tagOf(password: string, { parameters, salt, tag }: Encoded): Buffer {
  return argon2Sync('argon2id', { message: password, nonce: salt, tagLength: tag.length, ...parameters });
}

function decode(hash: string): Encoded {
  const [, parameters = '', salt = '', tag = ''] =
    /^\$argon2id\$v=19\$([mtp=\d,]+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash) ?? [];
  const given = new Map(parameters.split(',').map((pair) => pair.split('=') as [string, string]));
  const number = (name: string) => Number(given.get(name));
  return {
    parameters: { memory: number('m'), passes: number('t'), parallelism: number('p') },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
