import { STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Refuse } from '@uw-wizard/shared/platform/listen';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { BODY_TOO_LARGE, toProblem } from '@uw-wizard/shared/platform/problem';
import { v7 as uuidv7 } from 'uuid';
import { HEADERS_TOO_LARGE, REQUEST_MALFORMED, REQUEST_TIMEOUT } from '../errors.ts';
import type { FlatHeaders } from './answer-headers.ts';
import type { CallWatch } from './watch-calls.ts';

export type RefuseBytesDeps = {
  /** `{PUBLIC_URL}/problems`. */
  readonly problemBase: string;
  /** The headers that every answer bears. */
  readonly fixed: FlatHeaders;
  readonly callWatch: Pick<CallWatch, 'openOn'>;
  readonly log: Logger;
};

/**
 * Answers bytes that Node's parser takes for no request, and clients that are too slow with one: a problem like any other, with
 * the id of the call whose body they were to be, or one of its own. The connection ends with it, for nobody can say what follows;
 * a call before them that had arrived whole is answered first, and that is all.
 */
export function createRefuseBytes({ problemBase, fixed, callWatch, log }: RefuseBytesDeps): Refuse {
  return (error, socket) => {
    const inHand = callWatch.openOn(socket);
    if (inHand?.res.req.complete) {
      inHand.res.shouldKeepAlive = false;
      inHand.res.once('close', () => end(socket));
      return;
    }
    if (!socket.writable || inHand?.res.headersSent) return end(socket);
    const { kind, message } = refusalOf(error);
    const requestId = inHand?.call.requestId ?? uuidv7();
    const body = JSON.stringify(toProblem(kind, message, { problemBase, instance: '/', requestId }));
    const head = [`HTTP/1.1 ${kind.status} ${STATUS_CODES[kind.status]}`];
    for (let at = 0; at < fixed.length; at += 2) head.push(`${fixed[at]}: ${fixed[at + 1]}`);
    head.push(
      `X-Request-Id: ${requestId}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
    );
    // A call has its own line.
    if (inHand === null) log.info({ request_id: requestId, status: kind.status, code: kind.code }, 'no call');
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    end(socket);
  };
}

function refusalOf({ code }: NodeJS.ErrnoException): DomainError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new DomainError(HEADERS_TOO_LARGE, 'Send less than 16 KiB of headers, the request line included.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new DomainError(BODY_TOO_LARGE, 'Send chunks without extensions, or with 16 KiB of them at most.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new DomainError(REQUEST_TIMEOUT, 'Send the whole request in the time there is for it.');
    default:
      return new DomainError(REQUEST_MALFORMED, 'Send the request as HTTP/1.1 has it, RFC 9112.');
  }
}

/** Lets what was written go out first. */
function end(socket: Duplex): void {
  if (socket instanceof Socket) socket.destroySoon();
  else socket.destroy();
}
