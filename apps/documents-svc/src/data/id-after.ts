import { v7 as uuidv7 } from 'uuid';

/** A new UUIDv7 that sorts after `previous`, also when that was made by a clock that is ahead of ours. */
export function idAfter(previous: string | null): string {
  const id = uuidv7();
  if (previous === null || id > previous) return id;
  // The first 48 bits of a UUIDv7 are milliseconds (RFC 9562, section 5.7).
  return uuidv7({ msecs: Number.parseInt(previous.replaceAll('-', '').slice(0, 12), 16) + 1 });
}
