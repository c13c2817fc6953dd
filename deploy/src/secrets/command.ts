import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '@uw-wizard/shared/platform/config';
import { readGiven } from './given.ts';
import { credentialsFile, makeSecrets } from './make-secrets.ts';

/** `secrets`: makes what is missing. */
export function secretsCommand(env: Env): () => Promise<void> {
  return () => makeSecrets(readGiven(env));
}

/** `credentials`: prints credentials.json. */
export function credentialsCommand(env: Env, print: (text: string) => void): () => Promise<void> {
  return async () => print(await readFile(join(readGiven(env).SECRETS_DIR, credentialsFile), 'utf8'));
}
