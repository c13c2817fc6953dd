import { randomUUID } from 'node:crypto';
import { Agent, type Dispatcher, FormData, request } from 'undici';

/** How to reach a gateway, and as whom. */
export type Target = { baseUrl: string; apiKey: string; tenantId: string };

export type CallOptions = {
  query?: Readonly<Record<string, string>>;
  json?: unknown;
  files?: readonly { filename: string; pdf: Uint8Array }[];
  /** A body as it is, for what no well-behaved client would send. */
  raw?: { type: string; bytes: Uint8Array | string };
  /** The Idempotency-Key; a new one by default, `null` for none. */
  key?: string | null;
  /** Over what is sent by itself; `null` takes a header away. */
  headers?: Readonly<Record<string, string | null>>;
  /** How long to wait for the whole answer; as long as it takes by default. */
  timeoutMs?: number;
};

// The wire is what is being looked at, so an answer's body stays as loose as JSON is.
// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers member by member.
export type Reply = { status: number; headers: Headers; bytes: Buffer; text: string; body: any; ms: number };

export type Client = {
  readonly target: Target;
  /** Makes one call; resolves with whatever came back, whatever its status. Rejects when nothing came back. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
};

/** Idle ones are left long before the server ends them: a call must not meet that. */
const connections = new Agent({ keepAliveTimeout: 1_000, keepAliveMaxTimeout: 1_000 });

/** A client of the REST API. Not with `fetch`: it takes four times as much of a machine that is being measured. */
export function createClient(target: Target): Client {
  return {
    target,
    async call(method, path, options = {}) {
      const url = new URL(path, target.baseUrl);
      for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value);
      const sent = Object.entries(headersOf(method, target, options)).filter(([, value]) => value !== null);
      const body = bodyOf(options);
      const started = performance.now();
      const response = await request(url, {
        dispatcher: connections,
        method: method as Dispatcher.HttpMethod,
        headers: Object.fromEntries(sent),
        ...(body === undefined ? {} : { body }),
        ...(options.timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(options.timeoutMs) }),
      });
      const bytes = Buffer.from(await response.body.arrayBuffer());
      const text = bytes.toString('utf8');
      const ms = performance.now() - started;
      return { status: response.statusCode, headers: toHeaders(response.headers), bytes, text, body: parse(text), ms };
    },
  };
}

function headersOf(method: string, target: Target, { json, key, raw, headers = {} }: CallOptions) {
  const type = raw?.type ?? (json === undefined ? undefined : 'application/json');
  return {
    authorization: `Bearer ${target.apiKey}`,
    'x-tenant-id': target.tenantId,
    ...(method === 'GET' || key === null ? {} : { 'idempotency-key': key ?? randomUUID() }),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

function toHeaders(received: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(received)) {
    for (const value of [values ?? []].flat()) headers.append(name, value);
  }
  return headers;
}

function bodyOf({ files, json, raw }: CallOptions): FormData | string | Uint8Array<ArrayBuffer> | undefined {
  if (raw !== undefined) return typeof raw.bytes === 'string' ? raw.bytes : new Uint8Array(raw.bytes);
  if (files !== undefined) return toForm(files);
  return json === undefined ? undefined : JSON.stringify(json);
}

function toForm(files: readonly { filename: string; pdf: Uint8Array }[]): FormData {
  const form = new FormData();
  for (const { filename, pdf } of files)
    form.append('files', new Blob([new Uint8Array(pdf)], { type: 'application/pdf' }), filename);
  return form;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
