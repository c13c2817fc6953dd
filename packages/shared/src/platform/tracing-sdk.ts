import {
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { DomainError } from '../errors.ts';
import type { OpenSpan, SpanOptions, TracingSettings } from './tracing.ts';

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** The recorder behind `tracing.ts`: loaded only when there is somewhere to send spans to. */
export function createRecorder(settings: TracingSettings): {
  record: (name: string, options: SpanOptions) => OpenSpan;
  stop(): Promise<void>;
} {
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: settings.headers,
    timeoutMillis: 5_000,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': settings.service, 'service.namespace': 'uw-wizard' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.ratio) }),
    spanLimits: { attributeValueLengthLimit: 2_000 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: tellingOnce(exporter, settings.onTrouble),
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: 5_000,
      }),
    ],
  });
  const tracer = provider.getTracer('uw-wizard');
  return {
    record(name, { kind, attributes = {}, parent }) {
      const above = parent === undefined ? undefined : readTraceparent(parent);
      const context = above === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, above);
      return opened(tracer.startSpan(name, { kind: kinds[kind], attributes }, context));
    },
    stop: () => provider.shutdown(),
  };
}

function opened(span: Span): OpenSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    end({ name, attributes, error, failed = error !== undefined } = {}) {
      if (name !== undefined) span.updateName(name);
      if (attributes !== undefined) span.setAttributes(attributes);
      if (error !== undefined) span.setAttribute('error.type', kindOfError(error));
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function readTraceparent(header: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return { traceId, spanId, traceFlags, isRemote: true };
}

/** A collector that is away fails every second; the log hears of it when it begins. */
function tellingOnce(exporter: SpanExporter, onTrouble: (message: string) => void): SpanExporter {
  let troubled = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        // 0 is success; the enumeration lives in a package that nothing else needs.
        const failed = result.code !== 0;
        if (failed && !troubled) onTrouble(result.error?.message ?? 'no reason given');
        troubled = failed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

/** What is told of an error: the rule that refused, else its class. Its message may hold anything. */
function kindOfError(error: unknown): string {
  if (error instanceof DomainError) return error.kind.code;
  return error instanceof Error ? error.name : typeof error;
}
