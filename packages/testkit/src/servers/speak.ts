import { connect } from 'node:net';

/**
 * Says `words` to a server and tells whether `expected` comes back. False also when nobody listens, or when it has not
 * come within `timeoutMs`.
 */
export function answers(
  at: { host: string; port: number },
  words: string,
  expected: string,
  timeoutMs = 1_000,
): Promise<boolean> {
  return new Promise((tell) => {
    const socket = connect({ host: at.host, port: at.port });
    let heard = '';
    const end = (yes: boolean): void => {
      socket.destroy();
      tell(yes);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('connect', () => socket.write(words));
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (heard.includes(expected)) end(true);
    });
  });
}
