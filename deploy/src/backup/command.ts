import { join } from 'node:path';
import { type Env, flag, readConfig } from '@uw-wizard/shared/platform/config';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { checkStorage, openStorage, storageOf, storageVariables } from '@uw-wizard/shared/platform/open-storage';
import { z } from 'zod';
import { backUp } from './back-up.ts';
import { restore } from './restore.ts';

const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'use postgres://owner:password@host:port/database' });

/** The variables of `backup` and `restore`. */
export const backupVariables = z
  .object({
    AUTH_DATABASE_URL: databaseUrl,
    DEALS_DATABASE_URL: databaseUrl,
    DOCUMENTS_DATABASE_URL: databaseUrl,
    SIGNING_DATABASE_URL: databaseUrl,
    SMS_DATABASE_URL: databaseUrl,
    BACKUP_DIR: z.string().default('./data/backups'),
    DATA_DIR: z.string().default('./data'),
    MOCK_MODE: flag.optional(),
    ...storageVariables,
  })
  .check((context) =>
    checkStorage(context.value, (name, message) =>
      context.issues.push({ code: 'custom', path: [name], message, input: context.value }),
    ),
  );

/** `backup NAME`: copies databases and files to BACKUP_DIR/NAME. */
export function backupCommand(env: Env, print: (text: string) => void): (args: string[]) => Promise<void> {
  return (args) =>
    withParts(env, args, print, async (parts) => {
      const manifest = await backUp({ ...parts, migrations: migrationsOf });
      print(`Backup of ${manifest.taken_at} in ${parts.folder}\n`);
    });
}

/** `restore NAME`: puts BACKUP_DIR/NAME into empty databases and the file store. */
export function restoreCommand(env: Env, print: (text: string) => void): (args: string[]) => Promise<void> {
  return (args) =>
    withParts(env, args, print, async (parts) => {
      const manifest = await restore(parts);
      print(`Restored what was there on ${manifest.taken_at}. Start the services.\n`);
    });
}

type Parts = Omit<Parameters<typeof restore>[0], 'log'> & { log: (line: string) => void };

async function withParts(
  env: Env,
  [name, ...rest]: string[],
  print: (text: string) => void,
  work: (parts: Parts) => Promise<void>,
): Promise<void> {
  if (name === undefined || rest.length > 0 || !/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) {
    throw new Error('Give the backup one name, of letters, digits, ".", "_" and "-".');
  }
  const values = readConfig(backupVariables, env);
  const log = createLogger({ service: 'backup', level: 'warn' });
  const open = (folder: string, prefix: string) =>
    openStorage(storageOf(values, { folder: join(values.DATA_DIR, folder), prefix }), log);
  // The places where documents-svc and signing-svc keep theirs.
  const stores = {
    documents: await open('uploads', 'documents/'),
    signing: await open('agreements', 'agreements/'),
  };
  try {
    await work({
      folder: join(values.BACKUP_DIR, name),
      databases: {
        auth: values.AUTH_DATABASE_URL,
        deals: values.DEALS_DATABASE_URL,
        documents: values.DOCUMENTS_DATABASE_URL,
        signing: values.SIGNING_DATABASE_URL,
        sms: values.SMS_DATABASE_URL,
      },
      stores,
      log: (line) => print(`${line}\n`),
    });
  } finally {
    for (const store of Object.values(stores)) store.close();
  }
}

/** Here and in the image they are beside this workspace. */
function migrationsOf(name: string): URL {
  return new URL(`../../../apps/${name}-svc/prisma/migrations/`, import.meta.url);
}
