import { randomUUID } from 'node:crypto';

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

/** A client of the REST API, as an engineer outside would write one. */
export function createClient(target: Target): Client {
  return {
    target,
    async call(method, path, options = {}) {
      const url = new URL(path, target.baseUrl);
      for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value);
      const headers = new Headers({ authorization: `Bearer ${target.apiKey}`, 'x-tenant-id': target.tenantId });
      if (method !== 'GET' && options.key !== null) headers.set('idempotency-key', options.key ?? randomUUID());
      if (options.json !== undefined) headers.set('content-type', 'application/json');
      if (options.raw !== undefined) headers.set('content-type', options.raw.type);
      for (const [name, value] of Object.entries(options.headers ?? {})) {
        if (value === null) headers.delete(name);
        else headers.set(name, value);
      }
      const body = bodyOf(options);
      const started = performance.now();
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(options.timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(options.timeoutMs) }),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      const text = bytes.toString('utf8');
      const ms = performance.now() - started;
      return { status: response.status, headers: response.headers, bytes, text, body: parse(text), ms };
    },
  };
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
