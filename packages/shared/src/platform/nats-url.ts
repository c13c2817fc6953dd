/** Where the servers of the bus are, and who we are there. */
export type NatsServers = {
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** True for tls://: a server that does not offer it is refused. */
  readonly tls: boolean;
  readonly user?: string;
  readonly password?: string;
};

const defaultPort = 4222;

/**
 * Reads `nats://user:password@host:4222,other:4222` or `tls://…`: one scheme and one user for all hosts. Throws a sentence
 * that says what to give; it never repeats the password.
 */
export function parseNatsUrl(url: string): NatsServers {
  if (/^memory:/i.test(url)) {
    throw new Error(`${url} is the bus of one process and has no server: give nats://user:password@host:4222`);
  }
  const [, scheme, rest] = /^(nats|tls):\/\/(.+)$/i.exec(url.trim()) ?? [];
  if (scheme === undefined || rest === undefined) {
    throw new Error('the URL of the bus is not nats://user:password@host:4222[,host…] or tls://…');
  }
  // Some write the whole URL again for each host.
  const pieces = rest.split(',').map((piece) => piece.trim().replace(/^(nats|tls):\/\//i, ''));
  const credentials = pieces.flatMap((piece) => (piece.includes('@') ? [piece.slice(0, piece.lastIndexOf('@'))] : []));
  if (new Set(credentials).size > 1) throw new Error('the hosts of the bus do not have the same user and password');
  const hosts = pieces
    .map((piece) => piece.slice(piece.lastIndexOf('@') + 1).replace(/\/$/, ''))
    .filter((piece) => piece !== '')
    .map(readHost);
  if (hosts.length === 0) throw new Error('the URL of the bus names no host: nats://user:password@host:4222');
  const [credential] = credentials;
  return {
    hosts,
    tls: scheme.toLowerCase() === 'tls',
    ...(credential === undefined ? {} : readCredential(credential)),
  };
}

function readHost(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\s/]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw new Error(`"${text}" in the URL of the bus is not host:port`);
  }
  return { host, port: number };
}

function readCredential(text: string): { user: string; password: string } {
  const [, user, password] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (user === undefined || password === undefined) {
    throw new Error('the URL of the bus has a user and no password: nats://user:password@host:4222');
  }
  try {
    return { user: decodeURIComponent(user), password: decodeURIComponent(password) };
  } catch {
    throw new Error('user and password in the URL of the bus are percent-encoded: a % is written %25');
  }
}
