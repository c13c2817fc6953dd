import { createServer } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';

/** `node http-proxy-middleware.ts PORT TARGET`: the library and nothing else. */
const [port, target] = process.argv.slice(2);
if (port === undefined || target === undefined) throw new Error('use: http-proxy-middleware.ts PORT TARGET');
const proxy = createProxyMiddleware({ target });
createServer((req, res) => void proxy(req, res, (error) => void res.writeHead(502).end(String(error)))).listen(
  Number(port),
  '127.0.0.1',
);
