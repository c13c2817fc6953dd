import { z } from 'zod';

// PostgreSQL has no year 0.
const time = z.iso.datetime().refine((text) => !text.startsWith('0000'));
const placeSchema = z.tuple([time, z.uuid()]);

/** A place in a list ordered by time and id, as the client carries it: a text that means nothing to it. */
export function writeCursor(place: { time: Date; id: string }): string {
  return Buffer.from(JSON.stringify([place.time.toISOString(), place.id])).toString('base64url');
}

/** A cursor as a query parameter. */
export const cursor = z
  .string()
  .max(200)
  .transform((text, context) => {
    const place = placeSchema.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
    if (place.success) return { time: new Date(place.data[0]), id: place.data[1] };
    context.addIssue({ code: 'custom', message: 'Send a next_cursor as it came in an earlier answer.' });
    return z.NEVER;
  });

/** How many entries a page has. */
export const limit = z
  .string()
  .regex(/^\d{1,3}$/, 'Send a whole number from 1 to 200.')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 200, 'Send a whole number from 1 to 200.');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
