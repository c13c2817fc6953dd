import { Pool, type PoolConfig } from 'pg';
import { type Attributes, inSpan, isTracing } from './tracing.ts';

/**
 * A pool of connections. While the process is traced, each statement that belongs to a trace is a span; its text is told,
 * its values never are. The end of a connection fails the statements on it and nothing else.
 */
export function openPool(config: PoolConfig): Pool {
  const pool = new Pool(config);
  // One that waits in the pool is replaced.
  pool.on('error', () => undefined);
  // One may end in the very packet that opens it, before whoever asked for it can listen: unheard, that ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  if (!isTracing()) return pool;
  const namespace = new URL(config.connectionString ?? 'postgres:///').pathname.slice(1);
  trace(pool, namespace);
  // Statements of a transaction run on a client. What the pool itself asks of its clients comes with a callback.
  pool.on('connect', (client) => trace(client, namespace));
  return pool;
}

type AnyQuery = (...args: unknown[]) => Promise<unknown>;

function trace(target: { query: unknown }, namespace: string): void {
  // pg's `query` has a dozen overloads; whatever came in goes out again.
  const query = (target.query as AnyQuery).bind(target);
  const traced: AnyQuery = (...args) => {
    const text = textOf(args[0]);
    if (text === undefined || args.some((arg) => typeof arg === 'function')) return query(...args);
    return inStatementSpan(text, namespace, () => query(...args));
  };
  target.query = traced;
}

/** Runs a statement in its span; for one that goes another way than the `query` of a pool or its clients. */
export function inStatementSpan<T>(text: string, namespace: string | undefined, run: () => Promise<T>): Promise<T> {
  if (!isTracing()) return run();
  const { name, attributes } = describeStatement(text);
  const where = namespace === undefined ? {} : { 'db.namespace': namespace };
  return inSpan(name, { kind: 'client', attributes: { ...attributes, ...where } }, run);
}

function textOf(statement: unknown): string | undefined {
  if (typeof statement === 'string') return statement;
  if (typeof statement !== 'object' || statement === null || 'submit' in statement) return undefined;
  return 'text' in statement && typeof statement.text === 'string' ? statement.text : undefined;
}

/** A statement's span: named by what it does to which table; literals are taken out of its text, parameters are not in it. */
export function describeStatement(text: string): { name: string; attributes: Attributes } {
  const query = text
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/(?<![\w$.])\d+(?:\.\d+)?\b/g, '?')
    .replace(/\s+/g, ' ')
    .trim();
  const [first = 'query'] = /^\w+/.exec(query) ?? [];
  const operation = (/^with$/i.test(first) ? changeIn(query) : first).toUpperCase();
  const table = /\b(?:from|into|update|table)\s+(?:only\s+)?(?:"?\w+"?\.)?"?([a-z_]\w*)"?/i.exec(query)?.[1];
  return {
    name: table === undefined ? operation : `${operation} ${table}`,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      ...(table === undefined ? {} : { 'db.collection.name': table }),
      'db.query.text': query,
    },
  };
}

/** What a statement that begins with WITH does in the end, or on its way. */
function changeIn(query: string): string {
  return /(?<!for |no key )\b(?:insert|update|delete)\b/i.exec(query)?.[0] ?? 'select';
}
