/**
 * Lets `count` in at a time, the others in the order they came. Resolves to the way out; rejects with the reason of
 * `signal` when that aborts before there is a place.
 */
export function createPlaces(count: number): (signal?: AbortSignal) => Promise<() => void> {
  let free = count;
  const waiting = new Set<() => void>();
  const leave = () => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  return async (signal) => {
    signal?.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return leave;
    }
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        waiting.delete(turn);
        signal?.removeEventListener('abort', giveUp);
      };
      const turn = () => {
        end();
        resolve();
      };
      const giveUp = () => {
        end();
        reject(signal?.reason);
      };
      waiting.add(turn);
      signal?.addEventListener('abort', giveUp);
    });
    return leave;
  };
}
