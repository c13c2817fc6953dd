/**
 * What PostgreSQL says when it goes, comes, or takes nobody more: connection exceptions (class 08), shutdown and start
 * (57P01–57P03), too many connections (53300). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const sqlStates = /^(08...|57P0[123]|53300)$/;

/** Prisma: cannot be reached, timed out, connection closed, no connection of the pool in time. */
const prismaCodes = /^P(1001|1002|1008|1017|2024|2028)$/;

/** The system's word on a connection. Files, scanner, bus and providers have refusals of their own, so it is the database's. */
const systemCodes = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Drivers that give no code at all: pg, pg-pool, Prisma's adapter. */
const messages =
  /^(Connection terminated|Client was closed|timeout exceeded when trying to connect|Client has encountered a connection error|DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections)/;

/** Whether `error`, or what caused it, is that the service's database could not be reached or went away in between. */
export function isDatabaseAway(error: unknown): boolean {
  let next = error;
  for (let depth = 0; depth < 5 && next instanceof Error; depth += 1) {
    const code = 'code' in next && typeof next.code === 'string' ? next.code : '';
    if ([sqlStates, prismaCodes, systemCodes].some((codes) => codes.test(code)) || messages.test(next.message))
      return true;
    next = causeOf(next);
  }
  return false;
}

function causeOf(error: Error): Error | undefined {
  if (error.cause instanceof Error) return error.cause;
  // Where Prisma has no code of its own for it, it tells the adapter's error beside its own.
  const meta = 'meta' in error && typeof error.meta === 'object' ? error.meta : null;
  if (meta !== null && 'driverAdapterError' in meta && meta.driverAdapterError instanceof Error)
    return meta.driverAdapterError;
  return adapterCause(error.cause);
}

/** Prisma's adapter tells the driver's error as an object, not as an Error. */
function adapterCause(cause: unknown): Error | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined;
  const { kind = '', originalCode = '', originalMessage = '' } = cause as Record<string, unknown>;
  return Object.assign(new Error(`${kind} ${originalMessage}`), { code: String(originalCode) });
}
