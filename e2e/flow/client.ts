import { randomUUID } from 'node:crypto';

/** How to reach a gateway, and as whom. */
export type Target = { baseUrl: string; apiKey: string; tenantId: string };

export type CallOptions = {
  query?: Readonly<Record<string, string>>;
  json?: unknown;
  files?: readonly { filename: string; pdf: Uint8Array }[];
  /** The Idempotency-Key; a new one by default, `null` for none. */
  key?: string | null;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
};

// The wire is what is being looked at, so an answer's body stays as loose as JSON is.
// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers member by member.
export type Reply = { status: number; headers: Headers; text: string; body: any; ms: number };

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
      for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
      const body =
        options.files === undefined
          ? options.json === undefined
            ? undefined
            : JSON.stringify(options.json)
          : toForm(options.files);
      const started = performance.now();
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: parse(text),
        ms: performance.now() - started,
      };
    },
  };
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
