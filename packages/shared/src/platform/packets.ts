/// <reference path="./pg-utils.d.ts" />
import { type Connection, type CustomTypesConfig, type PoolClient, Query, types } from 'pg';
import { prepareValue } from 'pg/lib/utils';
import { inStatementSpan } from './traced-pool.ts';

/** What a statement did: the rows it gave, how many it touched, and what it was (`INSERT`; `ROLLBACK` of a failed COMMIT). */
export type Outcome = { readonly rows: object[]; readonly rowCount: number; readonly command: string };

/** The columns of a statement's rows, in their order, and a row of nothing but NULL. */
type Columns = { readonly of: readonly Column[]; readonly empty: Readonly<Record<string, null>> };
type Column = { readonly name: string; readonly parse: (text: string) => unknown };

/**
 * Sends a statement on a pipelined connection, which keeps its plan. What is sent until this turn of the event loop ends
 * leaves in one packet, and is done in its order. `text` is a constant, or one of few.
 *
 * Once a connection knows a statement, it is sent without asking for its columns again (PostgreSQL refuses to run a kept
 * plan that would give others), and all statements of a packet end with one Sync: the server answers them at once instead of
 * each by itself, and after one that fails it skips the others, which then fail with the same error.
 */
export async function sendStatement(client: PoolClient, text: string, values: readonly unknown[]): Promise<Outcome> {
  const packet = packetOf(client);
  const columns = packet.known.get(text);
  const name = nameOf(text);
  try {
    if (columns !== undefined) {
      const statement = { text, name, columns, values: values.map((each) => prepareValue(each)) };
      return await inStatementSpan(text, client.database, () => packet.add(statement));
    }
    packet.send();
    const done = await client.query<object>({ name, text, values: [...values], types: typesRead });
    if (name !== '') packet.known.set(text, columnsOf(done.fields));
    return { rows: done.rows, rowCount: done.rowCount ?? 0, command: done.command };
  } catch (error) {
    // Of the caller, and not of the socket that the error came from.
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  }
}

/** Sends a text of statements without parameters behind what was sent before; it is done even if that failed. */
export function sendText(client: PoolClient, text: string): Promise<{ command: string }> {
  packetOf(client).send();
  return client.query(text);
}

/** What leaves a connection together, and what the connection has learned. */
type Packet = {
  readonly known: Map<string, Columns>;
  add(statement: Statement): Promise<Outcome>;
  /** Puts what was added behind what the connection was given before. */
  send(): void;
};

type Statement = {
  readonly text: string;
  readonly name: string;
  readonly values: readonly (string | Buffer | null)[];
  readonly columns: Columns;
};

const packets = new WeakMap<PoolClient, Packet & { open: boolean }>();

function packetOf(client: PoolClient): Packet {
  const packet = packets.get(client) ?? makePacket(client);
  if (packet.open) return packet;
  packet.open = true;
  const { stream } = client.connection;
  stream.cork();
  process.nextTick(() => {
    packet.open = false;
    packet.send();
    stream.uncork();
  });
  return packet;
}

function makePacket(client: PoolClient) {
  let added: Pending[] = [];
  const packet = {
    open: false,
    known: new Map<string, Columns>(),
    add(statement: Statement) {
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
      added.push({ ...statement, resolve, reject });
      return promise;
    },
    send() {
      if (added.length === 0) return;
      client.query(new KnownStatements(added));
      added = [];
    },
  };
  packets.set(client, packet);
  return packet;
}

type Pending = Statement & { resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };

/** The driver's part: it asks a query to write itself to the connection, and hands it the server's answers one by one. */
class KnownStatements extends Query {
  readonly #statements: readonly Pending[];
  #answered = 0;
  #rows: object[] = [];
  #unreadable: unknown;

  constructor(statements: readonly Pending[]) {
    super('');
    this.#statements = statements;
  }

  /** For whoever looks on at what the driver is given. */
  get texts(): readonly string[] {
    return this.#statements.map(({ text }) => text);
  }

  override submit = (connection: Connection) => {
    for (const { name, values } of this.#statements) {
      connection.bind({ statement: name, values: [...values] }, true);
      connection.execute(null, true);
    }
    connection.sync();
  };

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const columns = this.#statements[this.#answered]?.columns;
    if (columns === undefined || this.#unreadable !== undefined) return;
    try {
      this.#rows.push(readRow(columns, fields));
    } catch (error) {
      this.#unreadable = error;
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const statement = this.#statements[this.#answered];
    const [command = '', ...counts] = text.split(' ');
    if (this.#unreadable === undefined)
      statement?.resolve({ rows: this.#rows, rowCount: Number(counts.at(-1)) || 0, command });
    else statement?.reject(this.#unreadable);
    this.#answered += 1;
    this.#rows = [];
    this.#unreadable = undefined;
  }

  /** Those that are answered stay so. */
  handleError(error: unknown): void {
    for (const { reject } of this.#statements) reject(error);
  }

  handleReadyForQuery(): void {
    if (this.#answered < this.#statements.length) this.handleError(new Error('the server left a statement unanswered'));
  }
}

function readRow({ of, empty }: Columns, fields: readonly (string | null)[]): object {
  const row: Record<string, unknown> = { ...empty };
  for (const [at, { name, parse }] of of.entries()) {
    const text = fields[at] ?? null;
    if (text !== null) row[name] = parse(text);
  }
  return row;
}

function columnsOf(fields: readonly { name: string; dataTypeID: number }[]): Columns {
  return {
    of: fields.map(({ name, dataTypeID }) => ({ name, parse: typesRead.getTypeParser(dataTypeID, 'text') })),
    empty: Object.fromEntries(fields.map(({ name }) => [name, null])),
  };
}

const maxNames = 2_000;
const names = new Map<string, string>();

/** The name under which the server keeps a statement's plan; none for texts beyond a number that nobody writes by hand. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= maxNames) return '';
  const name = `plain_${names.size}`;
  names.set(text, name);
  return name;
}

const { builtins } = types;
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [builtins.DATE, (day) => new Date(`${day}T00:00:00Z`)],
]);

const typesRead: CustomTypesConfig = {
  // Overloaded by format; those of ours read text, which is what the driver asks for.
  getTypeParser: ((oid: number, format: 'text') =>
    parsers.get(oid) ?? types.getTypeParser(oid, format)) as CustomTypesConfig['getTypeParser'],
};
