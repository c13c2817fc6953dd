import { basename } from 'node:path';
import { chooseServer } from './choose-server.ts';
import { findProgram } from './find-program.ts';
import type { Program } from './start-process.ts';
import { cacheFolder, canUnpack, unpackedProgram } from './unpack-packages.ts';

/** How to get one kind of server. */
type Wanted = { title: string; variable: string; programs: readonly [string, ...string[]] };

/** What a test server is made of. */
export type Found = { from: 'url'; url: string } | { from: 'program'; program: Program };

/**
 * Finds where a server comes from on this machine (see `chooseServer`), and fetches it when it comes as a package. With
 * `ownProcess` the one that the environment names does not do: the test wants to kill it. Throws a sentence when there is none.
 */
export async function findServer(wanted: Wanted, options: { ownProcess: boolean }): Promise<Found> {
  const source = chooseServer({
    title: wanted.title,
    variable: wanted.variable,
    given: options.ownProcess ? undefined : process.env[wanted.variable],
    docker: false,
    onPath: await findProgram(wanted.programs),
    canUnpack: await canUnpack(),
    bundled: false,
    install: basename(wanted.programs[0]),
  });
  switch (source.from) {
    case 'url':
      return source;
    case 'path':
      return { from: 'program', program: { path: source.program, libraries: [] } };
    case 'package': {
      const program = await unpackedProgram(wanted.programs[0], cacheFolder(process.env), (line) => console.log(line));
      return { from: 'program', program };
    }
    default:
      throw new Error(source.from === 'nowhere' ? source.say : `No way to start ${wanted.title} from ${source.from}.`);
  }
}
