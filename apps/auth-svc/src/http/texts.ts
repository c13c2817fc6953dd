import { z } from 'zod';

/** A text for people to read: no control characters, which PostgreSQL (NUL) and terminals take badly. */
export const noControls = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Use no control characters.');

/** An e-mail address as accounts have it: small letters. */
export const email = z.string().trim().toLowerCase().max(254).pipe(z.email('Send an e-mail address.'));
