import { z } from 'zod';
import pages from './problems.json' with { type: 'json' };

/** What the page of one problem says: what went wrong, and what to do about it. */
const problemPageSchema = z.object({
  code: z.string(),
  status: z.int(),
  title: z.string(),
  meaning: z.string(),
  remedy: z.string(),
});
export type ProblemPage = z.infer<typeof problemPageSchema>;

/** Every code a client can meet, of the gateway and of all services: the pages that the `type` of a problem leads to. */
export const problemPages: readonly ProblemPage[] = z.array(problemPageSchema).parse(pages);
