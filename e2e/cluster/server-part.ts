import type { Server } from '@uw-wizard/testkit/servers/server';
import type { Part } from './part.ts';

/** A part that is a server of the test kit: NATS or Redis, with its data on a disk. */
export function serverPart(name: string, server: Server): Part {
  return {
    name,
    start: () => server.restart(),
    kill: () => server.kill(),
    stop: () => server.shutDown(),
    // A server that is asked to freeze does so at once; nothing is waited for.
    pause: () => void server.pause(),
    resume: () => void server.resume(),
    lastWords: async () => '',
  };
}
