import { createLogger, type Logger } from '@uw-wizard/shared/platform/logger';
import { z } from 'zod';

const codes = { dim: 2, red: 31, green: 32, yellow: 33, bold: 1 } as const;

/** Colours on a terminal that wants them, plain text elsewhere. */
export function paint(text: string, how: keyof typeof codes): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? `\u001b[${codes[how]}m${text}\u001b[0m` : text;
}

/** One line per step: its name while it runs, its seconds and a note once it is done. */
export function announce(step: string): (note?: string) => void {
  const started = performance.now();
  process.stdout.write(`  ${step.padEnd(14)}`);
  return (note) => {
    const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
    process.stdout.write(`${seconds}${note === undefined ? '' : paint(`   ${note}`, 'dim')}\n`);
  };
}

const lineSchema = z.looseObject({
  level: z.string(),
  time: z.string(),
  service: z.string(),
  msg: z.string().optional(),
  err: z.object({ message: z.string(), stack: z.string().optional() }).optional(),
  request_id: z.string().optional(),
});

/**
 * Makes logs for whoever reads them, on stderr. A person at a terminal gets short lines, and without LOG_LEVEL only those
 * that ask for attention; a file or a pipe gets JSON, from `info` on.
 */
export function createLogFor(level: string | undefined): (service: string) => Logger {
  const write = (text: string) => void process.stderr.write(text);
  if (!process.stderr.isTTY) {
    return (service) => createLogger({ service, level: level ?? 'info', destination: { write } });
  }
  const destination = { write: (json: string) => write(readable(json)) };
  return (service) => createLogger({ service, level: level ?? 'warn', destination });
}

/** `12:34:56 warn deals-svc  what happened  (request …)`, and the stack below an error. */
export function readable(json: string): string {
  const { level, time, service, msg = '', err, request_id } = lineSchema.parse(JSON.parse(json));
  const mark = level === 'warn' ? 'yellow' : level === 'error' || level === 'fatal' ? 'red' : 'dim';
  const call = request_id === undefined || request_id === '' ? '' : paint(`  request ${request_id}`, 'dim');
  const stack = err === undefined ? '' : `${paint(err.stack ?? err.message, 'dim')}\n`;
  return `${time.slice(11, 19)} ${paint(level.padEnd(5), mark)} ${service.padEnd(13)} ${msg}${call}\n${stack}`;
}
