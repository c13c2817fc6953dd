import { ConfigError } from '@uw-wizard/shared/platform/config';

const help = `node src/main.ts COMMAND

  secrets              makes the secrets that are missing, each once, and hands every part its own (SECRETS_DIR)
  credentials          prints what a client needs: URL, tenant, e-mail, password, API key, webhook secrets
  bucket               makes the bucket for files when it is not there
  backup NAME          copies the five databases, as of one moment, and all files to BACKUP_DIR/NAME
  restore NAME         puts a backup into five empty databases and the file store
`;

// Only what the command needs is loaded.
const commands: Record<string, () => Promise<(args: string[]) => Promise<void>>> = {
  secrets: async () => (await import('./secrets/command.ts')).secretsCommand(process.env),
  credentials: async () => (await import('./secrets/command.ts')).credentialsCommand(process.env, print),
  bucket: async () => (await import('./bucket/command.ts')).bucketCommand(process.env, print),
  backup: async () => (await import('./backup/command.ts')).backupCommand(process.env, print),
  restore: async () => (await import('./backup/command.ts')).restoreCommand(process.env, print),
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  process.stderr.write(help);
  process.exit(name === '' || name === '--help' ? 0 : 1);
}
try {
  await (await command())(args);
} catch (error) {
  // What we say ourselves is a sentence; anything else needs its stack.
  const sentence = error instanceof ConfigError || (error instanceof Error && error.name === 'Error');
  const text = error instanceof Error ? (sentence ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

function print(text: string): void {
  process.stdout.write(text);
}
