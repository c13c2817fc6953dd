type Address = { readonly host: string; readonly port: number };
type Access = { readonly username?: string; readonly password?: string; readonly tls: boolean };

/** Where Redis is: one server, whoever the sentinels say is the master, or a cluster by some of its nodes. */
export type RedisTarget =
  | (Access & { readonly kind: 'server'; readonly at: Address; readonly db: number })
  | (Access & {
      readonly kind: 'sentinel';
      readonly sentinels: readonly Address[];
      readonly master: string;
      readonly db: number;
    })
  | (Access & { readonly kind: 'cluster'; readonly nodes: readonly Address[] });

const forms = [
  'redis://host:6379',
  'rediss://host:6379 (TLS)',
  'redis+sentinel://host1:26379,host2:26379/master-name',
  'redis+cluster://host1:6379,host2:6379',
].join(', ');

/**
 * Reads a Redis address: `redis://[user:password@]host[:port][/db]`, with several hosts and the master's name after
 * `redis+sentinel://`, with several nodes after `redis+cluster://`; `rediss` instead of `redis` is TLS. Returns what is
 * wrong, as a sentence, for anything else.
 */
export function parseRedisUrl(url: string): RedisTarget | string {
  const match = /^(rediss?)(\+sentinel|\+cluster)?:\/\/(?:([^@/]*)@)?([^/?#]+)(?:\/([^?#]*))?$/.exec(url);
  if (match === null) return `use one of ${forms}`;
  const [, scheme, kind, userInfo, hosts = '', path = ''] = match;
  const addresses = hosts.split(',').map((host) => addressOf(host, kind === '+sentinel' ? 26_379 : 6_379));
  const wrong = addresses.indexOf(null);
  if (wrong !== -1) return `${hosts.split(',')[wrong] || 'an empty place in the list'} is no host or host:port`;
  const found = addresses.filter((address) => address !== null);
  const credentials = credentialsOf(userInfo);
  if (credentials === null) return 'user and password are percent-encoded';
  const access = { ...credentials, tls: scheme === 'rediss' };
  const [first] = found;
  if (kind === '+cluster') {
    return path === '' ? { kind: 'cluster', nodes: found, ...access } : 'a cluster has no database number';
  }
  const [master = '', ...rest] = kind === '+sentinel' ? path.split('/') : ['', path];
  const db = dbOf(rest);
  if (db === null) return 'the database is a number';
  if (kind === '+sentinel') {
    return master === ''
      ? 'name the master after the sentinels: redis+sentinel://host1:26379,host2:26379/master-name'
      : { kind: 'sentinel', sentinels: found, master, db, ...access };
  }
  if (first === undefined || found.length > 1) return 'several hosts need redis+sentinel:// or redis+cluster://';
  return { kind: 'server', at: first, db, ...access };
}

function addressOf(text: string, defaultPort: number): Address | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/** `user:password`, or `:password` for the default user; both percent-encoded. */
function credentialsOf(userInfo = ''): { username?: string; password?: string } | null {
  const colon = userInfo.indexOf(':');
  const parts = colon === -1 ? [userInfo, ''] : [userInfo.slice(0, colon), userInfo.slice(colon + 1)];
  try {
    const [username = '', password = ''] = parts.map((part) => decodeURIComponent(part));
    return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
  } catch {
    return null;
  }
}

function dbOf(path: readonly string[]): number | null {
  const [db = '', ...rest] = path;
  if (rest.length > 0 || !/^\d{0,4}$/.test(db)) return null;
  return Number(db);
}
