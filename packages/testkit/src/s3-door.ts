import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of a call on its way to the S3 server: true when it was dealt with and shall not go on. */
export type Meddle = (req: IncomingMessage, res: ServerResponse) => boolean;

/**
 * A door in front of an S3 server: it sees every call, and `meddle` may keep one, answer it, or break it off. `breakAnswerAt`
 * ends the connection after that many bytes of an answer's body.
 */
export async function openS3Door(endpoint: string) {
  const seen: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];
  const door = { meddle: null as Meddle | null, breakAnswerAt: Number.POSITIVE_INFINITY };
  const server = createServer((req, res) => {
    seen.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers });
    req.on('error', () => undefined);
    res.on('error', () => undefined);
    if (door.meddle?.(req, res)) return;
    const onward = request(`${endpoint}${req.url}`, { method: req.method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= door.breakAnswerAt) return void res.write(chunk);
        answer.destroy();
        res.destroy();
      });
      answer.on('end', () => res.end());
    });
    onward.on('error', () => res.destroy());
    req.on('close', () => req.complete || onward.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has this form of address.
  const { port } = server.address() as AddressInfo;
  return {
    ...{ door, seen, endpoint: `http://127.0.0.1:${port}` },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
