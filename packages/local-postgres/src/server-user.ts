import { execFileSync, spawnSync } from 'node:child_process';

/** How to start a PostgreSQL program: as whom, and with what in front of its name. */
export type ServerUser = {
  /** Given when the program runs as another OS user than this process; that user must own the data directory. */
  readonly owner?: { uid: number; gid: number };
  command(program: string, args: readonly string[]): { file: string; args: string[]; uid?: number; gid?: number };
};

const self: ServerUser = { command: (program, args) => ({ file: program, args: [...args] }) };

/**
 * PostgreSQL refuses to run as root. As root it is started as the OS user `postgres` (made when there is none), who must
 * be able to reach `folder` and `program`. Where a folder on the way is closed to others (a clone below a home of mode
 * 0700), that user gets the one capability to pass through it (Linux, setpriv of util-linux 2.33 or newer); where that
 * cannot be had, an error says what to do.
 */
export function findServerUser(folder: string, program: string): ServerUser {
  if (process.getuid?.() !== 0) return self;
  const owner = findPostgresUser() ?? makePostgresUser();
  const check = ['-c', 'cd "$1" && test -x "$2"', 'sh', folder, program];
  if (spawnSync('/bin/sh', check, { ...owner, cwd: '/', stdio: 'ignore' }).status === 0) {
    return { owner, command: (name, args) => ({ file: name, args: [...args], ...owner }) };
  }
  const command = (name: string, args: readonly string[]) => ({
    file: 'setpriv',
    args: [...passThrough(owner), name, ...args],
  });
  const tried = command('/bin/sh', check);
  if (spawnSync(tried.file, tried.args, { cwd: '/', stdio: 'ignore' }).status === 0) return { owner, command };
  throw new Error(
    `As root the database runs as the OS user "postgres", who cannot reach ${folder} (or ${program}). ` +
      'Open the folders above for passing through (chmod o+x), or set DATA_DIR to a folder outside of them, ' +
      'or start as a user who is not root, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/** The user's ids and CAP_DAC_READ_SEARCH (look into folders, read files) and no other power. */
function passThrough(owner: { uid: number; gid: number }): string[] {
  return [
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    // Without it access(2) ignores the capability, and PostgreSQL asks access(2) about its own programs.
    '--securebits=+no_setuid_fixup',
    '--bounding-set=-all,+dac_read_search',
    '--inh-caps=-all,+dac_read_search',
    '--ambient-caps=-all,+dac_read_search',
  ];
}

function findPostgresUser(): { uid: number; gid: number } | undefined {
  const ask = (flag: string) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
  const [uid, gid] = [ask('-u'), ask('-g')];
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

function makePostgresUser(): { uid: number; gid: number } {
  try {
    execFileSync('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'postgres',
    ]);
  } catch (cause) {
    // Another start may have made it in the same moment; what counts is whether it is there.
    if (findPostgresUser() === undefined) {
      throw new Error(
        'PostgreSQL does not run as root, and the OS user "postgres" could not be made. Make it, or start as a user who is not root.',
        { cause },
      );
    }
  }
  const made = findPostgresUser();
  if (made === undefined) throw new Error('The OS user "postgres" was made and cannot be found.');
  return made;
}
