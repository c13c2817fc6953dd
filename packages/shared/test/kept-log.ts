import { Writable } from 'node:stream';
import { createLogger, type Logger } from '../src/platform/logger.ts';

/** A logger that keeps its lines instead of writing them. */
export function keptLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { log: createLogger({ service: 'test', level: 'trace', destination }), lines };
}
