import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over the wire. */
export type CollectedSpan = {
  service: string;
  traceId: string;
  spanId: string;
  /** Empty for the first of its trace. */
  parentId: string;
  name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  attributes: Record<string, string>;
  failed: boolean;
};

/** A collector of traces, OTLP over HTTP with protobuf, as any vendor's is. */
export async function startCollector(): Promise<{ url: string; spans: CollectedSpan[]; stop(): Promise<void> }> {
  const spans: CollectedSpan[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    if (req.url === '/v1/traces') spans.push(...readTraces(Buffer.concat(chunks)));
    res.writeHead(req.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server that listens has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads an ExportTraceServiceRequest; the numbers are those of opentelemetry-proto, trace.proto and common.proto. */
function readTraces(bytes: Buffer): CollectedSpan[] {
  return messages(bytes, 1).flatMap((resourceSpans) => {
    const resource = messages(resourceSpans, 1).flatMap((message) => attributesOf(message, 1));
    const service = Object.fromEntries(resource)['service.name'] ?? '';
    return messages(resourceSpans, 2).flatMap((scopeSpans) =>
      messages(scopeSpans, 2).map((span) => ({
        service,
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentId: hex(span, 4),
        name: text(span, 5),
        kind: number(span, 6),
        attributes: Object.fromEntries(attributesOf(span, 9)),
        failed: messages(span, 15).some((status) => number(status, 3) === 2),
      })),
    );
  });
}

function attributesOf(message: Buffer, field: number): [string, string][] {
  return messages(message, field).map((pair) => {
    const [value = Buffer.alloc(0)] = messages(pair, 2);
    const [texts] = messages(value, 1);
    return [text(pair, 1), texts === undefined ? String(number(value, 3) || number(value, 2)) : texts.toString('utf8')];
  });
}

type Field = { number: number; value: number | Buffer };

/** The fields of one message: varints, and what has a length; numbers of fixed width are passed over. */
function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) fields.push({ number, value: varint() });
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else {
      const length = varint();
      fields.push({ number, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

function messages(bytes: Buffer, field: number): Buffer[] {
  return fieldsOf(bytes).flatMap(({ number, value }) => (number === field && typeof value !== 'number' ? [value] : []));
}

function text(bytes: Buffer, field: number): string {
  return messages(bytes, field)[0]?.toString('utf8') ?? '';
}

function hex(bytes: Buffer, field: number): string {
  return messages(bytes, field)[0]?.toString('hex') ?? '';
}

function number(bytes: Buffer, field: number): number {
  const found = fieldsOf(bytes).find((each) => each.number === field)?.value;
  return typeof found === 'number' ? found : 0;
}
