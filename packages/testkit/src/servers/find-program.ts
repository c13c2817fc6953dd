import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where distributions put servers, which is not on everybody's PATH. */
const beside = ['/usr/sbin', '/usr/local/sbin'];

/** The first of `names` that is an executable on the PATH (or in a folder of system programs); null when there is none. */
export async function findProgram(names: readonly string[], path = process.env.PATH ?? ''): Promise<string | null> {
  for (const folder of [...path.split(delimiter).filter((part) => part.startsWith('/')), ...beside]) {
    for (const name of names) {
      const file = join(folder, name);
      const usable = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (usable) return file;
    }
  }
  return null;
}
