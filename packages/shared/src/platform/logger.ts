import { type DestinationStream, type Logger, pino } from 'pino';
import { currentRequest } from './request-context.ts';

export type { Logger } from 'pino';

/** Members that are never written to a log, wherever they stand: secrets, and data about a person. */
const secretMembers = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'api_key',
  'apiKey',
  'access_token',
  'refresh_token',
];
const personalMembers = [
  'email',
  'phone',
  'ssn',
  'ein',
  'to',
  'from',
  'ownerEmail',
  'ownerPhone',
  'recipientEmail',
  'accountLast4',
];

/**
 * One structured log per service: JSON lines with service, level, time and, inside a request, its id, tenant and deal.
 * Secrets and personal members are masked, one and two levels deep.
 */
export function createLogger(options: { service: string; level: string; destination?: DestinationStream }): Logger {
  const members = [...secretMembers, ...personalMembers];
  const settings = {
    base: { service: options.service },
    level: options.level,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => currentRequest() ?? {},
    redact: { paths: members.flatMap((member) => [member, `*.${member}`, `*.*.${member}`]), censor: '[masked]' },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
