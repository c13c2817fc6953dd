import { problemPages } from '@uw-wizard/shared/contracts/problems';
import { DomainError } from '@uw-wizard/shared/errors';
import { type Health, isReady } from '@uw-wizard/shared/platform/health';
import { NOT_FOUND } from '@uw-wizard/shared/platform/problem';
import type { Request, RequestHandler, Response } from 'express';
import type { Door } from './doors.ts';

/** Whether the gateway lives, and whether it is ready; the reasons are for the internal port. */
export function healthDoors(health: Pick<Health, 'report'>): Door[] {
  return [
    get('/healthz', (_req, res) => void res.json({ status: 'ok' })),
    get('/readyz', async (_req, res) => {
      const { status } = await health.report();
      res.status(isReady(status) ? 200 : 503).json({ status });
    }),
  ];
}

/** Answers reads at `doors` before anything else looks at them: who asks for health has no credential and often no host name. */
export function answerFirst(doors: readonly Door[]): RequestHandler {
  return (req, res, next) => {
    const reads = req.method === 'GET' || req.method === 'HEAD';
    const door = reads ? doors.find(({ path }) => path === req.path) : undefined;
    return door === undefined ? next() : door.answer(req, res);
  };
}

/** What the gateway answers itself, to anybody. */
export function ownDoors(publicUrl: string): Door[] {
  const places = { name: 'UW Wizard', problems: `${publicUrl}/problems`, health: `${publicUrl}/readyz` };
  return [
    get('/', (_req, res) => void res.json(places)),
    get('/problems', (_req, res) => void res.json({ data: problemPages })),
    get('/problems/:code', showProblem),
  ];
}

function get(path: string, answer: Door['answer']): Door {
  return { method: 'GET', path, answer };
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
