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
  'accessToken',
  'refresh_token',
  'refreshToken',
  'temporary_password',
  'temporaryPassword',
];
const personalMembers = [
  'email',
  'phone',
  'ssn',
  'ein',
  'to',
  'from',
  'owner_email',
  'ownerEmail',
  'owner_phone',
  'ownerPhone',
  'recipient_email',
  'recipientEmail',
  'account_last4',
  'accountLast4',
  'ssn_last4',
  'ssnLast4',
];
/** Where the database repeats a row's values in its errors: in its own, and in what Prisma makes of them. */
const valuesInErrors = ['err', 'err.cause', 'err.meta.driverAdapterError.cause'].flatMap((place) => [
  `${place}.detail`,
  `${place}.where`,
]);

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
    // A copy: pino writes the members of each line into what it is given.
    mixin: () => ({ ...currentRequest() }),
    redact: {
      paths: [...members.flatMap((member) => [member, `*.${member}`, `*.*.${member}`]), ...valuesInErrors],
      censor: '[masked]',
    },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
