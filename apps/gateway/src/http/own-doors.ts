import { problemPages } from '@uw-wizard/shared/contracts/problems';
import { DomainError } from '@uw-wizard/shared/errors';
import { NOT_FOUND } from '@uw-wizard/shared/platform/problem';
import type { Request, RequestHandler, Response } from 'express';
import type { Door } from './doors.ts';

export type GatewayReadiness = 'ready' | 'degraded' | 'draining';

/** Health, before anything else looks at a request: who asks for it has no credential and often no host name. */
export function healthDoors(readiness: () => GatewayReadiness): RequestHandler {
  return (req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next();
    if (req.path === '/healthz') return void res.json({ status: 'ok' });
    if (req.path !== '/readyz') return next();
    const status = readiness();
    res.status(status === 'draining' ? 503 : 200).json({ status });
  };
}

/** What the gateway answers itself, to anybody. */
export function ownDoors(options: { publicUrl: string; readiness: () => GatewayReadiness }): Door[] {
  const { publicUrl, readiness } = options;
  const get = (path: string, answer: Door['answer']): Door => ({ method: 'GET', path, answer });
  return [
    get(
      '/',
      (_req, res) =>
        void res.json({ name: 'UW Wizard', problems: `${publicUrl}/problems`, health: `${publicUrl}/readyz` }),
    ),
    get('/healthz', (_req, res) => void res.json({ status: 'ok' })),
    get('/readyz', (_req, res) => void res.json({ status: readiness() })),
    get('/problems', (_req, res) => void res.json({ data: problemPages })),
    get('/problems/:code', showProblem),
  ];
}

/** The page that a problem's `type` leads to: for people as HTML, for programs as JSON. */
function showProblem(req: Request, res: Response): void {
  const page = problemPages.find(({ code }) => code === req.params.code);
  if (page === undefined) throw new DomainError(NOT_FOUND, 'No problem has this code.');
  res.setHeader('Cache-Control', 'public, max-age=3600');
  res.vary('Accept');
  if (req.accepts(['json', 'html']) !== 'html') return void res.json(page);
  // The texts are ours and hold no markup.
  res.type('html').send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}code{background:#8882;padding:.1em .4em}</style>
<h1>${page.title}</h1>
<p><code>${page.code}</code> · HTTP ${page.status}</p>
<h2>What it means</h2>
<p>${page.meaning}</p>
<h2>What to do</h2>
<p>${page.remedy}</p>
</html>
`);
}
