import type { GenerateOptions, StatementFile } from './truth.ts';

/** Under construction: the signature stands. */
export async function generateStatements(options: GenerateOptions): Promise<StatementFile[]> {
  throw new Error(`not yet: ${options.legalName}`);
}
