import type { Request } from 'express';
import { z } from 'zod';
import { validationError } from './problem.ts';

/** Reads a request's JSON body; 422 `validation-failed` with pointers like `#/merchant/ein`. */
export function parseBody<T extends z.ZodType>(schema: T, req: Request): z.infer<T> {
  return parse(schema, req.body, '');
}

/** Reads a request's query; 422 `validation-failed` with pointers like `#/query/deal_id`. */
export function parseQuery<T extends z.ZodType>(schema: T, req: Request): z.infer<T> {
  return parse(schema, req.query, '/query');
}

function parse<T extends z.ZodType>(schema: T, value: unknown, prefix: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw validationError(new z.ZodError(parsed.error.issues.flatMap(nameUnknownMembers)), prefix);
}

/** zod points to the object that holds an unknown member; the caller wants to know the member. */
function nameUnknownMembers(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'unrecognized_keys') return [issue];
  return issue.keys.map((key) => ({ ...issue, path: [...issue.path, key], message: 'There is no such member here.' }));
}

/** An id as a member or parameter; `error` says what to send. Read in either case (RFC 9562), small as ours are written. */
export function uuid(error?: string) {
  return z.uuid(error).toLowerCase();
}
