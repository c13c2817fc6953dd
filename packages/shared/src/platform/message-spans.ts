import { type Attributes, beginSpan, inSpan, isTracing, type OpenSpan } from './tracing.ts';

/** The span of giving an event to the bus, below the call that it belongs to. */
export function beginPublishSpan(event: { id: string; type: string; envelope: string }): OpenSpan {
  return beginSpan(`publish ${event.type}`, {
    kind: 'producer',
    // Only who traces has to look into the envelope.
    parent: isTracing() ? /"traceparent": ?"([^"]+)"/.exec(event.envelope)?.[1] : undefined,
    attributes: attributesOf(event.id, event.type, 'publish', 'send'),
  });
}

/** Runs `handle` as the span of handling a delivery, below the call that its event belongs to. */
export function inProcessSpan<T>(
  delivery: { id: string; subject: string; attempt: number },
  durable: string,
  handle: () => Promise<T>,
): Promise<T> {
  const attributes = {
    ...attributesOf(delivery.id, delivery.subject, 'process', 'process'),
    'messaging.consumer.group.name': durable,
    'uw.attempt': delivery.attempt,
  };
  return inSpan(`process ${delivery.subject}`, { kind: 'consumer', attributes }, handle);
}

function attributesOf(id: string, subject: string, name: string, type: string): Attributes {
  return {
    'messaging.system': 'nats',
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    'messaging.destination.name': subject,
    'messaging.message.id': id,
  };
}
