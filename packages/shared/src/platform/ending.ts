/** What has to be undone at the end. */
export type Ending = {
  /** Notes how to undo what was just done, and how long that may take. `undo` is told how long the end has taken so far. */
  add(what: string, patienceMs: number, undo: (elapsedMs: number) => Promise<void>): void;
  /** Undoes everything, last first; a second call waits for the first. Never rejects. */
  run(): Promise<void>;
};

/**
 * An ending that goes on whatever happens: a step that fails, or takes longer than it may, is reported to `onTrouble` and
 * left behind, because the steps after it (the database) have to come in time.
 */
export function createEnding(onTrouble: (what: string, error: unknown) => void): Ending {
  const steps: { what: string; patienceMs: number; undo: (elapsedMs: number) => Promise<void> }[] = [];
  let ran: Promise<void> | undefined;
  const runAll = async () => {
    const startedAt = performance.now();
    for (const { what, patienceMs, undo } of steps.reverse()) {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error(`not done after ${patienceMs} ms`)), patienceMs);
      await Promise.race([undo(performance.now() - startedAt), late.promise]).catch((error: unknown) =>
        onTrouble(what, error),
      );
      clearTimeout(timer);
    }
  };
  return {
    add: (what, patienceMs, undo) => void steps.push({ what, patienceMs, undo }),
    run() {
      ran ??= runAll();
      return ran;
    },
  };
}
