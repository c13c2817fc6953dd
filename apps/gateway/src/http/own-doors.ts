import { problemPages } from '@uw-wizard/shared/contracts/problems';
import { DomainError } from '@uw-wizard/shared/errors';
import { type Health, isReady } from '@uw-wizard/shared/platform/health';
import { NOT_FOUND } from '@uw-wizard/shared/platform/problem';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { pagePolicy } from './security-headers.ts';

const healthPaths = ['/healthz', '/readyz'] as const;
const health: ReadonlySet<string> = new Set(healthPaths);

/** Whether a read of `path` is answered before anything else is looked at: who asks has no credential and often no host name. */
export function isHealthPath(path: string): boolean {
  return health.has(path);
}

/** The paths of what the gateway answers itself, to anybody who reads. */
export const ownPaths = [...healthPaths, '/', '/problems', '/problems/:code'] as const;

/** What is behind `ownPaths`; of its readiness only the internal port tells the reasons. */
export function ownDoors(options: { publicUrl: string; health: Pick<Health, 'report'> }): Router {
  const { publicUrl, health } = options;
  const places = { name: 'UW Wizard', problems: `${publicUrl}/problems`, health: `${publicUrl}/readyz` };
  const answers: Record<(typeof ownPaths)[number], RequestHandler> = {
    '/healthz': (_req, res) => void res.json({ status: 'ok' }),
    '/readyz': async (_req, res) => {
      const { status } = await health.report();
      res.status(isReady(status) ? 200 : 503).json({ status });
    },
    '/': (_req, res) => void res.json(places),
    '/problems': (_req, res) => void res.json({ data: problemPages }),
    '/problems/:code': showProblem,
  };
  const router = Router({ caseSensitive: true, strict: true });
  for (const [path, answer] of Object.entries(answers)) router.get(path, answer);
  return router;
}

const style =
  'body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}code{background:#8882;padding:.1em .4em}';
const policy = pagePolicy(style);

/** The page that a problem's `type` leads to: for people as HTML, for programs as JSON. */
function showProblem(req: Request, res: Response): void {
  const page = problemPages.find(({ code }) => code === req.params.code);
  if (page === undefined) throw new DomainError(NOT_FOUND, 'No problem has this code.');
  res.setHeader('Cache-Control', 'public, max-age=3600');
  res.vary('Accept');
  if (req.accepts(['json', 'html']) !== 'html') return void res.json(page);
  res.setHeader('Content-Security-Policy', policy);
  // The texts are ours and hold no markup.
  res.type('html').send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<style>${style}</style>
<h1>${page.title}</h1>
<p><code>${page.code}</code> · HTTP ${page.status}</p>
<h2>What it means</h2>
<p>${page.meaning}</p>
<h2>What to do</h2>
<p>${page.remedy}</p>
</html>
`);
}
