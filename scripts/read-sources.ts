import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** A part of a program's syntax tree (ESTree with types), as much as the tests about sources look at. */
export type SyntaxNode = { readonly type: string; readonly start: number; readonly [member: string]: unknown };

/** One source file of a part of the house. */
export type Source = { readonly path: string; readonly text: string };

const root = join(import.meta.dirname, '..');

/** Every source that runs in production: services, gateway, standalone, the platform, the operator's tools; no tests, nothing generated. */
export function readSources(): Source[] {
  return globSync('{apps/*,packages/shared,packages/local-postgres,deploy}/src/**/*.ts', { cwd: root })
    .filter((path) => !/\.test\.ts$|\/generated\//.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** All nodes of a source, parents before what is in them. */
export function* nodesOf({ text }: Pick<Source, 'text'>): Generator<SyntaxNode> {
  const open: unknown[] = [parseAst(text, { lang: 'ts' })];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isNode(next)) yield next;
    if (typeof next === 'object' && next !== null)
      open.push(
        ...Object.values(next)
          .filter((value) => typeof value === 'object' && value !== null)
          .toReversed(),
      );
  }
}

/** Where a node stands, as editors name it. */
export function placeOf({ path, text }: Source, { start }: SyntaxNode): string {
  return `${path}:${text.slice(0, start).split('\n').length}`;
}

export function isNode(value: unknown): value is SyntaxNode {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value
  );
}
