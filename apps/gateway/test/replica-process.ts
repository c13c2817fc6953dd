import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * A service in a process of its own, for tests that kill it. It answers with its process id and what it was sent; a query
 * says how: `wait=200` milliseconds first, `held=1` not before a message comes from the test, `die=1` in the middle of the
 * call, `half=1` in the middle of the answer, `once=1` only the process that is told so by the signal SIGUSR2. As auth-svc it
 * takes every API key for an admin's, and has no news.
 */
const credential = {
  api_key_id: '01990000-0000-7000-8000-000000000000',
  tenant_id: 'demo',
  role: 'admin',
  name: 'a key',
  expires_at: null,
};
let doomed = false;
process.on('SIGUSR2', () => {
  doomed = true;
});
// Whoever wanted it is gone, perhaps killed: it holds nobody's output open.
process.on('disconnect', () => process.exit());
const server = createServer({ keepAliveTimeout: 75_000 }, async (req, res) => {
  const { pathname, searchParams: query } = new URL(req.url ?? '/', 'http://localhost');
  let sizeBytes = 0;
  for await (const chunk of req) sizeBytes += chunk.length;
  if (req.url !== '/healthz') process.send?.({ got: req.method, url: req.url });
  if (pathname.startsWith('/ask/')) {
    const output = pathname.endsWith('/credential-changes') ? { cursor: '1', all: false, changes: [] } : { credential };
    return void res.end(JSON.stringify({ ok: true, output }));
  }
  if (query.has('held')) await once(process, 'message');
  const dies = query.has('die') && (doomed || !query.has('once'));
  if (dies && query.get('die') === 'call') process.kill(process.pid, 'SIGKILL');
  setTimeout(
    () => {
      const answer = JSON.stringify({ pid: process.pid, size: sizeBytes, filler: 'x'.repeat(100) });
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      if (!dies) return void res.end(answer);
      res.write(answer.slice(0, 20), () => process.kill(process.pid, 'SIGKILL'));
    },
    Number(query.get('wait') ?? 0),
  );
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
});
