import { ConfigError } from '@uw-wizard/shared/platform/config';

const help = `node src/main.ts COMMAND

  secrets              makes the secrets that are missing, each once, and hands every part its own (SECRETS_DIR)
  credentials          prints what a client needs: URL, tenant, e-mail, password, API key, webhook secrets
  bucket               makes the bucket for files when it is not there
`;

// Only what the command needs is loaded.
const commands: Record<string, () => Promise<(args: string[]) => Promise<void>>> = {
  secrets: async () => (await import('./secrets/command.ts')).secretsCommand(process.env),
  credentials: async () => (await import('./secrets/command.ts')).credentialsCommand(process.env, print),
  bucket: async () => (await import('./bucket/command.ts')).bucketCommand(process.env, print),
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
  const text =
    error instanceof ConfigError || !(error instanceof Error) ? String(error) : (error.stack ?? error.message);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

function print(text: string): void {
  process.stdout.write(text);
}
