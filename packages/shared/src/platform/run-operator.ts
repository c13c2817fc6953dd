import { createInterface } from 'node:readline/promises';
import { runOperator } from './operator.ts';
import type { OperatorDeps } from './operator-verbs.ts';

/** The process of an operator's call, from its command line to its exit code. */
export async function runOperatorProcess(
  world: Pick<NodeJS.Process, 'argv' | 'stdin' | 'stdout' | 'stderr' | 'exit'>,
  open: OperatorDeps['open'],
): Promise<never> {
  const code = await runOperator(world.argv.slice(2), {
    open,
    write: (text) => void world.stdout.write(text),
    confirm: world.stdin.isTTY ? (question) => confirm(world, question) : null,
    now: () => new Date(),
  }).catch((error: unknown) => {
    world.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
  return world.exit(code);
}

async function confirm(
  { stdin, stdout }: Pick<NodeJS.Process, 'stdin' | 'stdout'>,
  question: string,
): Promise<boolean> {
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
