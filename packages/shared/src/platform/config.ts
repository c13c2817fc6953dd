import { readFileSync } from 'node:fs';
import { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

/** Start-up cannot go on: every variable that is wrong, one per line, each with what to do. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/**
 * Reads `schema`'s variables from `env`. `NAME_FILE` names a mounted file that holds the value of `NAME` (one final line
 * break is dropped). An empty string counts as not given. Throws one ConfigError that names every bad variable.
 */
export function readConfig<T extends z.ZodType>(schema: T, env: Env): z.infer<T> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') values[name] = value;
  const known = variablesOf(schema);
  const unreadable = new Set<string>();
  for (const target of known) {
    const name = `${target}_FILE`;
    const path = values[name];
    if (path === undefined || known.includes(name)) continue;
    if (values[target] !== undefined) {
      problems.push(`${target}: given twice, as ${target} and as ${name}; keep one`);
      continue;
    }
    try {
      values[target] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      unreadable.add(target);
      problems.push(`${name}: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    for (const { path, code, message } of parsed.error.issues) {
      const name = path.join('.') || '(all)';
      if (unreadable.has(name)) continue;
      const missing = code === 'invalid_type' && values[name] === undefined;
      problems.push(`${name}: ${missing ? 'is required' : message}`);
    }
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

/** The variables an object schema names, also below its refinements and transforms. */
function variablesOf(schema: z.ZodType): string[] {
  return Object.keys(shapeOf(schema));
}

function shapeOf(schema: unknown): Record<string, unknown> {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (!(schema instanceof z.ZodPipe)) return {};
  return { ...shapeOf(schema.def.in), ...shapeOf(schema.def.out) };
}

/** A variable as people read of it: `required` has no default and must be given. */
export type Variable = { name: string; required: boolean; default: string | undefined; meaning: string };

/** What `schema` reads, in its order, with the sentence each variable was described by. */
export function describeVariables(schema: z.ZodType): Variable[] {
  return Object.entries(shapeOf(schema)).flatMap(([name, type]) =>
    type instanceof z.ZodType
      ? [
          {
            name,
            required: !type.safeParse(undefined).success,
            default: defaultOf(type),
            meaning: type.description ?? '',
          },
        ]
      : [],
  );
}

/** As one would write it; an empty list or map is no default worth telling. */
function defaultOf(type: z.ZodType): string | undefined {
  const value = type instanceof z.ZodDefault ? type.def.defaultValue : undefined;
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === undefined || isEmpty ? undefined : String(value);
}

/** A yes/no variable: `true`/`false` (any case), `1`/`0`. */
export const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['true', 'false', '1', '0'], { error: 'use true or false' }))
  .transform((value) => value === 'true' || value === '1');

/** A comma-separated list; empty items are dropped. */
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** A TCP port, 0 for any free one. */
export const port = z.coerce.number({ error: 'use a port number' }).int().min(0).max(65535);
