import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Secrets of one folder, each made at its first use and the same ever after. */
export type Kept = {
  /** 32 random bytes that need no quoting anywhere. */
  secret(name: string): Promise<string>;
  /** An Ed25519 private key, PKCS #8 PEM. */
  privateKey(name: string): Promise<string>;
};

export function openKept(folder: string): Kept {
  const kept = async (name: string, make: () => string) => {
    const path = join(folder, name);
    const found = await readIfThere(path);
    if (found !== null) return found;
    const made = make();
    await writeOnce(path, made, 0o400);
    return made;
  };
  return {
    secret: (name) => kept(name, newSecret),
    privateKey: (name) => kept(name, newKey),
  };
}

/** 32 random bytes that need no quoting anywhere. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
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

/**
 * Leaves `text` at `path` with `mode`; a file that has that text already is not touched. Once it resolves the file is on
 * the disk, whole, under its name: nobody ever reads half a secret.
 */
export async function writeOnce(path: string, text: string, mode: number): Promise<void> {
  if ((await readIfThere(path)) === text) return;
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomBytes(4).toString('hex')}.new`;
  const file = await open(beside, 'wx', mode);
  try {
    // The mode given to open() passes through the umask.
    await file.chmod(mode);
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
