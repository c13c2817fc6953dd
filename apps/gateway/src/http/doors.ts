import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import type { Call } from './call.ts';

/** One method on one path, and what answers it. */
export type Door = {
  readonly method: Route['method'];
  readonly path: string;
  readonly answer: (req: IncomingMessage, res: ServerResponse, call: Call) => Promise<void> | void;
  /** A GET that does something: HEAD is no harmless look at it. */
  readonly noHead?: boolean;
};

/** All doors of one path. */
export type Doorway = {
  readonly pattern: string;
  readonly doors: ReadonlyMap<string, Door>;
  /** The methods there are, as `Allow` names them. */
  readonly allow: string;
};

/**
 * Finds the doorway of a path. A path written out wins over one with `:name`, whatever the method: `/api/deals/start` is
 * never a deal whose id is "start". Paths are taken as they are written: upper and lower case, and a slash at the end, make
 * a difference, so that one call has one path for its idempotency key.
 */
export function openDoors(doors: readonly Door[]): (path: string) => Doorway | null {
  const written = new Map<string, Doorway>();
  const byLength = new Map<number, { segments: readonly string[]; doorway: Doorway }[]>();
  const byPattern = Map.groupBy(doors, (door) => door.path);
  for (const [pattern, atPath] of [...byPattern].sort(([a], [b]) => compareSpecificity(a, b))) {
    const methods = new Map<string, Door>(atPath.map((door) => [door.method, door]));
    const get = methods.get('GET');
    if (get && !get.noHead) methods.set('HEAD', get);
    const doorway = { pattern, doors: methods, allow: [...methods.keys()].join(', ') };
    const segments = pattern.split('/');
    if (!segments.some(isParameter)) written.set(pattern, doorway);
    else byLength.set(segments.length, [...(byLength.get(segments.length) ?? []), { segments, doorway }]);
  }
  return (path) => {
    const exact = written.get(path);
    if (exact !== undefined) return exact;
    const asked = path.split('/');
    const found = byLength
      .get(asked.length)
      ?.find(({ segments }) =>
        segments.every((segment, at) => (isParameter(segment) ? asked[at] !== '' : asked[at] === segment)),
      );
    return found?.doorway ?? null;
  };
}

/** Segment by segment from the left, a written-out one comes before a parameter. */
function compareSpecificity(a: string, b: string): number {
  const kinds = (path: string) => path.split('/').map((segment) => (isParameter(segment) ? '1' : '0'));
  return kinds(a).join('').localeCompare(kinds(b).join('')) || a.localeCompare(b);
}

function isParameter(segment: string): boolean {
  return segment.startsWith(':');
}
