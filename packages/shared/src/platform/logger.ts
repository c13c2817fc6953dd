import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { mask } from './mask.ts';
import { currentRequest } from './request-context.ts';

export type { Logger } from 'pino';

/**
 * One structured log per service: JSON lines with service, level, time and, inside a request, the ids of the request, its
 * trace, tenant and deal. Secrets and personal data are masked wherever they stand: by the names of members at any depth,
 * and by their looks in every text, messages and errors included.
 */
export function createLogger(options: { service: string; level: string; destination?: DestinationStream }): Logger {
  const settings: LoggerOptions = {
    base: { service: options.service },
    level: options.level,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    mixin: requestIds,
    // Errors have become plain members by then.
    serializers: { err: (err) => err },
    hooks: {
      logMethod(given, write) {
        const [first, ...texts]: unknown[] = given;
        const members = first instanceof Error ? { err: first } : first;
        // Pino would take an error's message for the line's where there is no other, past the masks.
        const error = typeof members === 'object' && members !== null && 'err' in members ? members.err : undefined;
        if (texts.length === 0 && error instanceof Error) texts.push(error.message);
        // The type of a log call's arguments depends on its first text, which nobody knows here.
        write.apply(this, [members, ...texts].map(mask) as Parameters<typeof write>);
      },
    },
  };
  return pino(settings, options.destination ?? standardOutput());
}

let output: DestinationStream | undefined;

/**
 * What all logs of a process are written to: some lines at a time, a tenth of a second late at most, because a write for
 * each line took an eighth of the gateway's time. An orderly end and an uncaught error write what is left.
 */
function standardOutput(): DestinationStream {
  output ??= pino.destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: 100 });
  return output;
}

/** The ids of what is being worked on. A copy: pino writes the members of each line into what it is given. */
function requestIds(): Record<string, string> {
  const { traceparent, caller: _, ...ids } = currentRequest() ?? {};
  const traceId = traceparent?.split('-')[1];
  return { ...ids, ...(traceId === undefined ? {} : { trace_id: traceId }) };
}
