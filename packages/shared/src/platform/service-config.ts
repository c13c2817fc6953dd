import { createPrivateKey, createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { list, port } from './config.ts';
import type { FieldKeys } from './field-encryption.ts';
import type { BusTls } from './nats-dial.ts';
import { defaultStreamSettings, type StreamSettings } from './nats-streams.ts';
import { parseNatsUrl } from './nats-url.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

const databaseUrl = z
  .string()
  .refine((url) => !/^sqlite:/i.test(url), {
    error: 'SQLite is not supported; use postgres://user:password@host:port/database',
    abort: true,
  })
  .pipe(z.url({ protocol: /^postgres(ql)?$/, error: 'use postgres://user:password@host:port/database' }));

const natsUrl = z
  .string({ error: 'give the servers of the bus, nats://user:password@host:4222' })
  .refine((url) => !url.startsWith('memory:'), {
    error: 'memory://local is for npm start, where all parts are one process; give nats://user:password@host:4222',
    abort: true,
  })
  .check((context) => {
    try {
      parseNatsUrl(context.value);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.issues.push({ code: 'custom', message, input: undefined });
    }
  });

const headers = list.transform((items, context) => {
  const pairs = items.map((item) => item.split(/=(.*)/s, 2));
  if (pairs.some(([name = '', value]) => !/^[\w-]+$/.test(name.trim()) || value === undefined))
    context.addIssue({ code: 'custom', message: 'use name=value,name=value' });
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name.trim(), decodeURIComponent(value.trim())]));
});

/** A PEM text may come in one line, its line breaks written as `\n`. */
const pemText = z.string().transform((text) => text.replaceAll('\\n', '\n'));

const publicKeys = pemText
  .transform((text) => text.match(/-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g) ?? [])
  .refine((keys) => keys.length > 0 && keys.every((key) => isEd25519(() => createPublicKey(key))), {
    error: "use the gateway's Ed25519 public key, SPKI PEM; several one after another while it is changed",
  });

/** An Ed25519 private key, PKCS #8 PEM. */
export const privateKey = pemText.refine((text) => isEd25519(() => createPrivateKey(text)), {
  error: 'use an Ed25519 private key, PKCS #8 PEM',
});

/** Ed25519 private keys, PKCS #8 PEM, one after another. */
export const privateKeys = pemText
  .transform((text) => text.match(/-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/g) ?? [])
  .refine((keys) => keys.length > 0 && keys.every((key) => isEd25519(() => createPrivateKey(key))), {
    error: 'use an Ed25519 private key, PKCS #8 PEM; several one after another while it is changed, the new one first',
  });

/** Keys of 32 bytes in base64, separated by commas. */
export const sealingKeys = list
  .transform((texts) => texts.map((text) => Buffer.from(text, 'base64')))
  .refine((keys) => keys.length > 0 && keys.every((key) => key.length === 32), {
    error: 'use 32 random bytes in base64; several with commas while it is changed, the new one first',
  });

/** The same with `none` before them: they open, and nothing is sealed. */
const fieldKeys = list.transform((texts, context): FieldKeys => {
  const sealing = texts[0] !== 'none';
  const keys = texts.slice(sealing ? 0 : 1).map((text) => Buffer.from(text, 'base64'));
  if (texts.length > 0 && keys.every((key) => key.length === 32)) return { keys, sealing };
  const message =
    'use 32 random bytes in base64; several with commas while it is changed, the first seals; none seals nothing';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** With what tax numbers and digits of accounts are encrypted where they rest. */
export const fieldVariables = {
  FIELD_ENCRYPTION_KEY: fieldKeys.describe(
    'encrypts tax numbers and digits of accounts in the database: 32 random bytes in base64; several with commas while it is changed, the first seals; none seals nothing',
  ),
} as const;

/** By what those are found that are searched. */
export const fieldIndexVariables = {
  FIELD_INDEX_KEY: sealingKeys.describe(
    'finds equal tax numbers without reading them: 32 random bytes in base64; several with commas while it is changed, the new one first',
  ),
} as const;

/** Whose alerts are those that belong to no tenant. */
export const tenantId = z.string().regex(/^[a-z0-9-]{1,63}$/, 'use 1 to 63 of a-z, 0-9 and -');

/** Where traces go; without an endpoint nowhere. */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'use a URL, like http://collector:4318' })
    .optional()
    .describe('where traces go, OTLP over HTTP, like http://collector:4318; without it nothing is traced'),
  OTEL_EXPORTER_OTLP_HEADERS: headers
    .default({})
    .describe('headers that the collector asks for, name=value,name=value'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: 'use a number from 0 to 1' })
    .min(0)
    .max(1)
    .default(1)
    .describe('share of traces that is kept, 0 to 1, decided at the gateway'),
} as const;

/** What every process of the house is told, the gateway too, whose own port is `defaultPort`. */
export function processVariables(defaultPort: number) {
  return {
    NATS_URL: natsUrl.describe('servers of the bus, nats://user:password@host:4222[,host…] or tls://…'),
    NATS_TLS_CA: pemText.optional().describe("PEM of the authority that signed the bus's certificate"),
    NATS_TLS_CERT: pemText.optional().describe('PEM of our own certificate, for a bus that asks for one'),
    NATS_TLS_KEY: pemText.optional().describe('PEM of its private key'),
    NATS_STREAM_REPLICAS: z.coerce
      .number({ error: 'use 1, 3 or 5' })
      .refine((copies) => [1, 3, 5].includes(copies), { error: 'use 1, 3 or 5' })
      .default(defaultStreamSettings.replicas)
      .describe('servers of a NATS cluster that keep each stream: 1, 3 or 5'),
    NATS_STREAM_MAX_BYTES: z.coerce
      .number({ error: 'use a number of bytes' })
      .int('use a number of bytes')
      .min(1_048_576, 'use a MiB (1048576) or more')
      .default(defaultStreamSettings.maxBytes)
      .describe('what the stream of a service may keep; full, events wait in the outbox'),
    HOST: z.string().default('127.0.0.1').describe('where calls are answered; 0.0.0.0 for every interface'),
    PORT: port.default(defaultPort).describe('port of the calls; 0: any free one'),
    METRICS_HOST: z.string().default('127.0.0.1').describe('where health and metrics are shown'),
    METRICS_PORT: port.optional().describe('port of health and metrics; PORT + 1000'),
    LOG_LEVEL: z
      .enum(levels, { error: `use one of ${levels.join(', ')}` })
      .default('info')
      .describe(levels.join(' ')),
    ...tracingVariables,
  } as const;
}

/** What every service is told. Its own variables stand beside them in one `z.object`. */
export function serviceVariables(defaultPort: number) {
  return {
    DATABASE_URL: databaseUrl.describe(
      "the service's own database as its runtime role, postgres://user:password@host:port/database",
    ),
    DATABASE_WORKER_URL: databaseUrl
      .optional()
      .describe(
        'the same database as its worker, for outbox and sweeps of all tenants; DATABASE_URL, and then queries alone keep tenants apart',
      ),
    DATABASE_MIGRATION_URL: databaseUrl
      .optional()
      .describe('the same database as its owner, for migrations; DATABASE_URL'),
    ...processVariables(defaultPort),
    PUBLIC_URL: z
      .url({ protocol: /^https?$/, error: 'use a URL, like https://desk.example.com' })
      .default('http://127.0.0.1:8000')
      .describe('where clients reach the gateway'),
    IDENTITY_PUBLIC_KEY: publicKeys.describe("the gateway's Ed25519 public key, SPKI PEM; several while it is changed"),
  } as const;
}

/** How one process stands in the world; the service itself need not know. */
export type ProcessSettings = {
  readonly natsUrl: string;
  readonly natsTls: BusTls;
  /** How a service's own stream is kept; the gateway has none. */
  readonly natsStreams: StreamSettings;
  readonly host: string;
  readonly port: number;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly logLevel: string;
  readonly tracing: TracingTarget | null;
};

/** Where traces go, what the collector asks for, and how many of the traces that begin here are kept. */
export type TracingTarget = {
  readonly endpoint: string;
  readonly headers: Record<string, string>;
  readonly ratio: number;
};

type TracingValues = {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_HEADERS: Record<string, string>;
  OTEL_TRACES_SAMPLER_ARG: number;
};

/** The values of `tracingVariables`; `null`: nothing is traced. */
export function tracingSettings(values: TracingValues): TracingTarget | null {
  const endpoint = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return null;
  return { endpoint, headers: values.OTEL_EXPORTER_OTLP_HEADERS, ratio: values.OTEL_TRACES_SAMPLER_ARG };
}

/** The values of `processVariables`, named as the code names them. */
export function processSettings(
  values: {
    NATS_URL: string;
    NATS_TLS_CA?: string | undefined;
    NATS_TLS_CERT?: string | undefined;
    NATS_TLS_KEY?: string | undefined;
    NATS_STREAM_REPLICAS: number;
    NATS_STREAM_MAX_BYTES: number;
    HOST: string;
    PORT: number;
    METRICS_HOST: string;
    METRICS_PORT?: number | undefined;
    LOG_LEVEL: string;
  } & TracingValues,
): ProcessSettings {
  const above = values.PORT + 1_000;
  const beside = values.PORT === 0 ? 0 : above > 65_535 ? values.PORT - 1_000 : above;
  return {
    natsUrl: values.NATS_URL,
    natsTls: { ca: values.NATS_TLS_CA, cert: values.NATS_TLS_CERT, key: values.NATS_TLS_KEY },
    natsStreams: { replicas: values.NATS_STREAM_REPLICAS, maxBytes: values.NATS_STREAM_MAX_BYTES },
    host: values.HOST,
    port: values.PORT,
    metricsHost: values.METRICS_HOST,
    metricsPort: values.METRICS_PORT ?? beside,
    logLevel: values.LOG_LEVEL,
    tracing: tracingSettings(values),
  };
}

/** What a service and its process are told, as the service's `loadConfig` returns it. */
export type LoadedService<Config> = ProcessSettings & { readonly config: Config; readonly migrationUrl: string };

/** The values of `serviceVariables` that the service itself needs. */
export function serviceSettings(values: {
  DATABASE_URL: string;
  DATABASE_WORKER_URL?: string | undefined;
  PUBLIC_URL: string;
  IDENTITY_PUBLIC_KEY: string[];
}) {
  return {
    databaseUrl: values.DATABASE_URL,
    databaseWorkerUrl: values.DATABASE_WORKER_URL ?? values.DATABASE_URL,
    publicUrl: values.PUBLIC_URL.replace(/\/+$/, ''),
    identityPublicKeys: values.IDENTITY_PUBLIC_KEY,
  };
}

function isEd25519(read: () => { asymmetricKeyType?: string | undefined }): boolean {
  try {
    return read().asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}
