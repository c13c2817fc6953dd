import { spawn } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary place for a house. */
export type HouseFolder = {
  /** Not there yet; the house makes it. */
  readonly dataDir: string;
  readonly path: string;
  /** Ends what still runs on it and deletes it. */
  remove(): Promise<void>;
};

/**
 * Ends the house and the database that the folder's own files name, if they still are what the files say, and deletes the
 * folder as often as it takes until nobody writes to it any more.
 */
const cleanUp = `
  cat >/dev/null
  for name in "$1"/*; do
    house=$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' "$name/instance.json" 2>/dev/null)
    case "$(ps -o args= -p "$house" 2>/dev/null)" in
      *standalone*|*house-that-dies*) kill -KILL "$house" ;;
    esac
    database=$(head -n 1 "$name/postgres/postmaster.pid" 2>/dev/null)
    case "$(ps -o args= -p "$database" 2>/dev/null)" in
      *postgres*"$name"*) kill -QUIT "$database" ;;
    esac
  done
  tries=0
  while [ -d "$1" ] && [ $tries -lt 100 ]; do
    rm -rf "$1"
    [ -d "$1" ] && sleep 0.05
    tries=$((tries + 1))
  done`;

/**
 * Makes a folder that a house can live in, also as root, whose database is another OS user. Whoever made it may end in
 * any way, by kill -9 too: a shell that sees its end of the pipe close then cleans up, so nothing is left behind.
 */
export async function makeHouseFolder(): Promise<HouseFolder> {
  const path = await mkdtemp(join(tmpdir(), 'uw-house-'));
  await chmod(path, 0o711);
  const guard = spawn('/bin/sh', ['-c', cleanUp, 'sh', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return {
    path,
    dataDir: join(path, 'data'),
    remove: () =>
      new Promise((removed) => {
        guard.ref();
        guard.once('exit', () => removed());
        guard.stdin.end();
      }),
  };
}
