import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('what the threat model names is there', () => {
  const links = [...read('SECURITY.md').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(50);
  expect([...new Set(links)].filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

const partSchema = z.object({
  purl: z.string(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
});
const billSchema = z.object({ bomFormat: z.literal('CycloneDX'), components: z.array(partSchema) });
const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

test('the bill of materials has all that runs, in the version that runs, and marks what the house is only made with', {
  timeout: 60_000,
}, () => {
  const { stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8' });
  const isTool = new Map(
    billSchema
      .parse(JSON.parse(stdout))
      .components.map(({ purl, properties }) => [
        purl,
        properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true'),
      ]),
  );
  const manifests = globSync('{apps/*,packages/shared,packages/local-postgres,deploy}/package.json', { cwd: root });
  expect(manifests.length).toBeGreaterThan(8);
  for (const manifest of manifests) {
    const { dependencies } = manifestSchema.parse(JSON.parse(read(manifest)));
    for (const [name, version] of Object.entries(dependencies)) {
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
      expect([purl, isTool.get(purl)], manifest).toEqual([purl, false]);
    }
  }
  const tools = [...isTool].filter(([, tool]) => tool).map(([purl]) => purl);
  expect(tools).toContainEqual(expect.stringContaining('/biome@'));
});
