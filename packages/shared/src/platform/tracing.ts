import { currentRequest, inRequest } from './request-context.ts';
import type { Stoppable } from './worker.ts';

/**
 * Spans of OpenTelemetry, made by hand at the seams of the platform. What joins them to one trace is the `traceparent`
 * (W3C Trace Context) of the request that is being worked on: it goes along in headers, questions and events. Without an
 * endpoint nothing of it is loaded and a span costs a comparison.
 */
export type Attributes = Record<string, string | number | boolean>;

export type SpanOptions = {
  kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** Named by the semantic conventions; never personal data, nor values of a statement. */
  attributes?: Attributes;
  /** The `traceparent` of what caused it; else that of the current request. Only a server's span may have none. */
  parent?: string | undefined;
};

/** How a span ended; `failed` or an `error` marks it, by the error's kind and never by its words. */
export type SpanEnd = { name?: string; attributes?: Attributes; failed?: boolean; error?: unknown };

export type OpenSpan = {
  /** For what happens because of it; undefined while nothing is traced. */
  readonly traceparent: string | undefined;
  end(ended?: SpanEnd): void;
};

/** Where spans go, and who is told when they do not get there. */
export type TracingSettings = {
  service: string;
  /** OTLP over HTTP, without `/v1/traces`. */
  endpoint: string;
  headers: Record<string, string>;
  /** The share of traces begun here that is kept, 0 to 1. A trace begun elsewhere was decided on there. */
  ratio: number;
  onTrouble: (message: string) => void;
};

type Recorder = (name: string, options: SpanOptions) => OpenSpan;

let record: Recorder | null = null;

/** Records spans from now on, for the whole process. `stop` sends what is left. */
export async function startTracing(settings: TracingSettings): Promise<Stoppable> {
  const { createRecorder } = await import('./tracing-sdk.ts');
  const recorder = createRecorder(settings);
  record = recorder.record;
  return {
    async stop() {
      record = null;
      await recorder.stop();
    },
  };
}

/** Whether spans are recorded: for what is not worth making otherwise. */
export function isTracing(): boolean {
  return record !== null;
}

/** Of what is not recorded. */
export const noSpan: OpenSpan = { traceparent: undefined, end: () => undefined };

/** Begins a span for work that begins and ends in different places; `end` must be called. */
export function beginSpan(name: string, options: SpanOptions): OpenSpan {
  if (record === null) return noSpan;
  const parent = options.parent ?? currentRequest()?.traceparent;
  // What nobody asked for (polls, sweeps) would be a trace of its own each time.
  if (parent === undefined && options.kind !== 'server') return noSpan;
  return record(name, { ...options, parent });
}

/** Runs `work` below an open span: what it does, asks and announces belongs to that. */
export function below<T>({ traceparent }: OpenSpan, work: () => T): T {
  const context = currentRequest();
  return traceparent === undefined || context === undefined ? work() : inRequest({ ...context, traceparent }, work);
}

/** Runs `work` in a span; what it does, asks and announces belongs to that. */
export async function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (record === null) return work();
  const span = beginSpan(name, options);
  try {
    const result = await below(span, work);
    span.end();
    return result;
  } catch (error) {
    span.end({ error });
    throw error;
  }
}
