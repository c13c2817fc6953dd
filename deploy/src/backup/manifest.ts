import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Transform, Transform as TransformStream } from 'node:stream';
import { z } from 'zod';

const table = z.object({
  columns: z.array(z.string()),
  rows: z.number().int().min(0),
  /** Of the rows as PostgreSQL's COPY writes them, before compression. */
  sha256: z.string().length(64),
});

const database = z.object({
  /** Names of the applied migrations, in order; their scripts are in the backup. */
  migrations: z.array(z.string()),
  tables: z.record(z.string(), table),
  /** The next value of each sequence. */
  sequences: z.record(z.string(), z.string()),
});

const schema = z.object({
  version: z.literal(1),
  /** All five databases are as of this moment. */
  taken_at: z.iso.datetime(),
  databases: z.record(z.string(), database),
  /** How many files there are of each store. */
  files: z.record(z.string(), z.number().int().min(0)),
});

/** What a backup holds; written last, so that a folder without it is no backup. */
export type Manifest = z.infer<typeof schema>;
export type TableBackup = z.infer<typeof table>;
export type DatabaseBackup = z.infer<typeof database>;

export const manifestFile = 'manifest.json';

/** Reads a backup's manifest. Throws a sentence when the folder is not a whole backup. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, manifestFile), 'utf8').catch(() => {
    throw new Error(`${folder} has no ${manifestFile}: it is not a backup, or one that was broken off.`);
  });
  return schema.parse(JSON.parse(text));
}

/** Where a table's rows are in a backup. */
export function rowsFile(folder: string, name: string, tableName: string): string {
  return join(folder, 'databases', name, `${tableName}.copy.gz`);
}

/** Where the scripts of a database's migrations are in a backup. */
export function migrationsFolder(folder: string, name: string): string {
  return join(folder, 'databases', name, 'migrations');
}

/** Passes bytes through; afterwards `digest()` is their hex SHA-256. */
export function digesting(): { stream: Transform; digest(): string } {
  const hash = createHash('sha256');
  const stream = new TransformStream({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, digest: () => hash.digest('hex') };
}
