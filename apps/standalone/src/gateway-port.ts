import { createServer } from 'node:net';

/**
 * Checks that the gateway can listen there, before anything else is started. Returns the port, a free one for 0. Throws a
 * sentence that names the port when somebody has it.
 */
export function claimPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(inWords(error, host, port)));
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

/** The reasons for which a person can do something, in words; others as they are. */
export function inWords(error: Error, host: string, port: number): Error {
  const code = 'code' in error ? error.code : undefined;
  const where = `port ${port} of ${host}`;
  if (code === 'EADDRINUSE') {
    return new Error(`Another program listens on ${where}. Stop it, or choose another port: PORT=8010 npm start`, {
      cause: error,
    });
  }
  if (code === 'EACCES')
    return new Error(`This user may not listen on ${where}. Choose a port above 1023.`, { cause: error });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Error(`HOST=${host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`, {
      cause: error,
    });
  }
  return error;
}
