import { DomainError } from '../errors.ts';
import { INVALID_JSON } from './problem.ts';

/** No call of ours has a body half as deep. */
export const maxJsonDepth = 32;
/** Members and items of a body, all together. */
export const maxJsonMembers = 10_000;

/**
 * Reads a request's JSON. Throws `invalid-json` for what is no JSON in UTF-8, for what is nested deeper or has more members
 * than any call can mean, and for a member named `__proto__`, which whoever copies objects may take for something else.
 * `revive` sees each member, as in JSON.parse, of a body that is none of these.
 */
export function readJson(bytes: Uint8Array, revive?: (name: string, value: unknown) => unknown): unknown {
  const value = parse(bytes);
  const refusal = findRefusal(value);
  if (refusal !== null) throw new DomainError(INVALID_JSON, refusal);
  return revive === undefined ? value : parse(bytes, revive);
}

function parse(bytes: Uint8Array, revive?: (name: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), revive);
  } catch (cause) {
    throw new DomainError(INVALID_JSON, 'The body could not be read as JSON.', { cause });
  }
}

/** Level by level, so that a body that is as deep as it is long costs no more than its first levels. */
function findRefusal(body: unknown): string | null {
  let level: object[] = isObject(body) ? [body] : [];
  let members = 0;
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > maxJsonDepth) return `The body may be nested ${maxJsonDepth} levels deep at most.`;
    const below: object[] = [];
    for (const each of level) {
      const values: unknown[] = Array.isArray(each) ? each : Object.values(each);
      members += values.length;
      if (members > maxJsonMembers) return `The body may have ${maxJsonMembers} members and items at most.`;
      if (Object.hasOwn(each, '__proto__')) return 'No member may be named __proto__.';
      for (const value of values) if (isObject(value)) below.push(value);
    }
    level = below;
  }
  return null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
