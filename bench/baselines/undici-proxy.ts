import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';

/** `node undici-proxy.ts PORT TARGET`: node:http in front, a pool of undici behind, and nothing else. */
const [port, target] = process.argv.slice(2);
if (port === undefined || target === undefined) throw new Error('use: undici-proxy.ts PORT TARGET');
const pool = new Pool(target, { connections: 64 });

createServer(async (req, res) => {
  try {
    const { connection, ...headers } = req.headers;
    const answer = await pool.request({
      method: req.method ?? 'GET',
      path: req.url ?? '/',
      headers,
      body: req.method === 'GET' ? null : req,
    });
    const { 'transfer-encoding': framing, connection: hop, ...passed } = answer.headers;
    res.writeHead(answer.statusCode, passed as Record<string, string>);
    await pipeline(answer.body, res);
  } catch (error) {
    res.destroy(error instanceof Error ? error : undefined);
  }
}).listen(Number(port), '127.0.0.1');
