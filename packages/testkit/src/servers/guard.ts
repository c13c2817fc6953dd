import { spawn } from 'node:child_process';

/**
 * Has `script` run by a shell, with `argument` as $1, once this process has ended, be it by Ctrl-C or by kill -9: the shell
 * sees our end of its pipe close. Returns a function that has it run now and waits for it.
 */
export function whenWeEnd(script: string, argument: string): () => Promise<void> {
  const guard = spawn('/bin/sh', ['-c', `cat >/dev/null\n${script}`, 'sh', argument], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  let ended: Promise<void> | undefined;
  return () => {
    ended ??= new Promise((released) => {
      guard.ref();
      guard.once('exit', () => released());
      guard.stdin.end();
    });
    return ended;
  };
}
