import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@uw-wizard/testkit/servers/find-program';
import { findFreePort } from '@uw-wizard/testkit/servers/free-port';

/** A proxy that does nothing but pass calls on, as a process of its own. */
export type Baseline = { name: string; baseUrl: string };

/** The proxy that most would take: the others are measured against it, too. */
export const bareProxy = 'bare http-proxy-middleware';

/** Starts the proxies in front of `target`; nginx too where it is installed. */
export async function startBaselines(target: string): Promise<{ baselines: Baseline[]; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'uw-bench-'));
  const children: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(
      children.map(async (child) => {
        const ended = once(child, 'exit');
        if (child.kill('SIGTERM')) await ended;
      }),
    );
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (name: string, command: (port: number) => Promise<string[]>): Promise<Baseline> => {
    const port = await findFreePort();
    const [file = '', ...args] = await command(port);
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    await untilListening(child, name, port);
    return { name, baseUrl: `http://127.0.0.1:${port}` };
  };
  const ours = (file: string) => async (port: number) => [
    process.execPath,
    fileURLToPath(new URL(file, import.meta.url)),
    String(port),
    target,
  ];
  try {
    const baselines = [
      await start(bareProxy, ours('http-proxy-middleware.ts')),
      await start('bare undici proxy', ours('undici-proxy.ts')),
    ];
    const nginx = await findProgram(['nginx']);
    if (nginx !== null) baselines.push(await start('nginx', (port) => nginxCommand(nginx, folder, port, target)));
    return { baselines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilListening(child: ChildProcess, name: string, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${name} ended while it started`);
    // Any answer will do; what is behind it asks for an identity.
    const answered = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    );
    if (answered) return;
    await sleep(50);
  }
  throw new Error(`${name} did not listen on port ${port}`);
}

async function nginxCommand(nginx: string, folder: string, port: number, target: string): Promise<string[]> {
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream service { server ${new URL(target).host}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  );
  return [nginx, '-c', file, '-p', folder, '-e', 'stderr'];
}
