import { parseArgs } from 'node:util';
import { type Client, createClient } from './client.ts';
import { readCredentials, targetOf } from './credentials.ts';

export type CommandLine = { client: Client; seed: number };

/**
 * What smoke and demo have in common: `--base-url`, `--credentials`, `--seed`, `--help`. Prints the help and gives null
 * when it was asked for.
 */
export async function readCommandLine(args: string[], help: string): Promise<CommandLine | null> {
  const { values } = parseArgs({
    args,
    options: {
      'base-url': { type: 'string' },
      credentials: { type: 'string', default: './data/credentials.json' },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return null;
  }
  const credentials = await readCredentials(values.credentials);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : wholeNumber('--seed', values.seed);
  return { client: createClient(targetOf(credentials, values['base-url'])), seed };
}

/** The value of an option as a number. Throws a sentence when it is no whole number from `least` on. */
export function wholeNumber(option: string, value: string, least = 0): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < least)
    throw new Error(`${option} takes a whole number from ${least} on, not "${value}".`);
  return number;
}

/** Green or red on a terminal, plain elsewhere. */
export function paint(text: string, colour: 'green' | 'red'): string {
  const codes = { green: 32, red: 31 } as const;
  return process.stdout.isTTY ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
}

/** Ends the program with a sentence, not a stack. */
export function fail(error: unknown): never {
  process.stderr.write(`${paint('failed', 'red')}  ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
