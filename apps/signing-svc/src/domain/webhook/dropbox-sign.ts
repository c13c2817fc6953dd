import { z } from 'zod';
import type { Report } from './report.ts';

/** `event_time` is Unix seconds as a text; a number is taken as well. Account events have no signature request. */
const callbackSchema = z.object({
  event: z.object({
    event_time: z.union([z.string(), z.number().transform(String)]),
    event_type: z.string().max(200),
    event_hash: z.string(),
    event_metadata: z
      .object({ related_signature_id: z.string().max(200).nullish() })
      .nullish()
      .catch(null),
  }),
  signature_request: z
    .object({
      signature_request_id: z.string().max(200).catch(''),
      metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
export type DropboxSignCallback = z.infer<typeof callbackSchema>;

/** The callback in a `json` field, or null when it is none. Read before it is verified: the hash stands inside. */
export function parseDropboxSign(message: unknown): DropboxSignCallback | null {
  const parsed = callbackSchema.safeParse(message);
  return parsed.success ? parsed.data : null;
}

/**
 * Reads a callback whose hash has been verified; null when it is about no signature request. The hash covers time and type
 * only, so what the callback says is a hint, and its own word for what happened is not used.
 */
export function readDropboxSign({ event, signature_request: request }: DropboxSignCallback): Report | null {
  if (request === null || request === undefined) return null;
  const { signature_request_id: providerEnvelopeId, metadata } = request;
  const signatureId = event.event_metadata?.related_signature_id;
  const claimed = metadata?.deal_id;
  return {
    source: 'dropboxsign',
    about: { providerEnvelopeId },
    eventId: [providerEnvelopeId, event.event_type, ...(signatureId ? [signatureId] : []), event.event_time].join(':'),
    type: event.event_type,
    status: null,
    claimedDealId: claimed === undefined || claimed === null ? null : String(claimed),
    covered: false,
  };
}
