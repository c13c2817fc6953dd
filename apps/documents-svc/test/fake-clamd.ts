import { createServer, type Socket } from 'node:net';

/** Files with these bytes in them are infected. */
export const malwareMark = 'MALWARE-MARK';

/** How the scanner behaves: it scans, it takes everything and says nothing, it hangs up, or it gives up on a file. */
export type ClamdMood = 'scans' | 'silent' | 'hangs-up' | 'gives-up';

/** ClamAV's daemon as far as we use it (commands VERSION and INSTREAM), on a free port. */
export async function startFakeClamd() {
  const state = { mood: 'scans' as ClamdMood, scanned: [] as Buffer[] };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (state.mood === 'hangs-up') {
      socket.resume().end();
      return;
    }
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const reply = replyTo(received, state);
      if (reply !== null && state.mood !== 'silent') socket.end(`${reply}\0`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the scanner has no port');
  return {
    state,
    url: `tcp://127.0.0.1:${address.port}`,
    /** Connections that are still open. */
    open: () => sockets.size,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function replyTo(received: Buffer, state: { mood: ClamdMood; scanned: Buffer[] }): string | null {
  const end = received.indexOf(0);
  const command = received.subarray(0, end).toString();
  if (command === 'zVERSION') return 'ClamAV 1.4.3/27830/Thu Nov 20 09:00:00 2026';
  if (command !== 'zINSTREAM') return null;
  const chunks: Buffer[] = [];
  for (let at = end + 1; at + 4 <= received.length; ) {
    const length = received.readUInt32BE(at);
    if (length === 0) {
      const file = Buffer.concat(chunks);
      state.scanned.push(file);
      if (state.mood === 'gives-up') return 'INSTREAM size limit exceeded. ERROR';
      return file.includes(malwareMark) ? 'stream: Win.Test.EICAR_HDB-1 FOUND' : 'stream: OK';
    }
    chunks.push(received.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return null;
}
