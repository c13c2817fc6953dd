import type { Patience } from '@uw-wizard/shared/platform/listen';

/** With clients: a head in 15 s, and 64 MiB of upload in 2 min over a line of 5 Mbit/s. Who is slower holds a connection for nothing. */
export const withClients: Patience = { headersMs: 15_000, requestMs: 120_000 };
