import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes `text` to `path`, readable by its owner only; once it resolves the file is on the disk, whole, under its name. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The file's text, or null when there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** The file's text; made by `make` and kept when there is none yet. */
export async function readOrMake(path: string, make: () => string): Promise<string> {
  const kept = await readIfThere(path);
  if (kept !== null) return kept;
  const made = make();
  await writeDurably(path, made);
  return made;
}

/** 32 random bytes that need no quoting anywhere. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
