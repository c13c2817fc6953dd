import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '@uw-wizard/testkit/eventually';

type Line = { msg: string; level: string; port?: number; metrics_port?: number };

/** deals-svc as it runs in production: a process of its own, started by its main.ts. */
export type ServiceProcess = {
  /** Its log so far. */
  readonly lines: readonly Line[];
  /** What it wrote to stderr. */
  stderr(): string;
  /** Where it takes calls and shows its health, once it has started. */
  started(): Promise<{ calls: string; internal: string }>;
  logged(msg: string): Promise<Line>;
  kill(signal: NodeJS.Signals): void;
  /** How it ended, and after how long. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

const cache = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'node');

const running = new Set<ChildProcess>();

/** Starts it with these variables and no others. */
export function startServiceProcess(env: Record<string, string>, args: readonly string[] = []): ServiceProcess {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const child = spawn(process.execPath, [main, ...args], {
    // What was parsed once is remembered, as in an image.
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: cache, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const lines: Line[] = [];
  let stderr = '';
  createInterface(child.stdout).on('line', (text) =>
    lines.push(text.startsWith('{') ? JSON.parse(text) : { msg: text }),
  );
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return { code, signal };
  });
  const logged = (msg: string) =>
    eventually(
      () => {
        const line = lines.find((each) => each.msg === msg);
        if (line === undefined) throw new Error(`no line "${msg}" in ${JSON.stringify(lines)} ${stderr}`);
        return line;
      },
      { timeoutMs: 15_000 },
    );
  return {
    lines,
    stderr: () => stderr,
    logged,
    async started() {
      const { port, metrics_port } = await logged('started');
      return { calls: `http://127.0.0.1:${port}`, internal: `http://127.0.0.1:${metrics_port}` };
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Ends those that a test has left. */
export async function endServiceProcesses(): Promise<void> {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => once(child, 'close')));
}
