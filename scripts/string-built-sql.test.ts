// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the examples are sources.
import { expect, test } from 'vitest';
import { isNode, nodesOf, placeOf, readSources, type Source, type SyntaxNode } from './read-sources.ts';

/** Statements of which PostgreSQL takes a part as no parameter; none of these holds what a client sent. */
const exceptions: Record<string, string> = {
  'apps/documents-svc/src/data/find-set.ts': 'one of three conditions, all of them texts of that file',
  'apps/standalone/src/databases.ts': 'CREATE DATABASE: names are ours, quoted',
  'deploy/src/backup/back-up.ts': 'COPY: names are of the catalogue, quoted',
  'deploy/src/backup/one-moment.ts': 'LOCK TABLE: names are of the catalogue, quoted',
  'deploy/src/backup/restore.ts': 'ALTER TABLE, COPY: names and definitions are of the catalogue, quoted',
  'packages/shared/src/platform/access.ts':
    'GRANT, REVOKE, ALTER POLICY: names are of the catalogue or of roles, quoted',
  'packages/shared/src/platform/housekeeping.ts': 'a table and a condition from the list in that file',
  'packages/shared/src/platform/plain-table.ts':
    "a table's own fields, named where the table is; values are parameters",
  'packages/shared/src/platform/reseal.ts': 'tables and columns are named in the sealed-columns.ts of each service',
};

const sql =
  /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|ALTER|CREATE|DROP|LOCK|SET|BEGIN|COPY|TRUNCATE|GRANT|REVOKE|CALL|DO)\b/;

/** Where a source puts SQL together from what it learns while it runs; what a tag like `$queryRaw` is given goes as parameters. */
function builtIn(source: Source): string[] {
  const nodes = [...nodesOf(source)];
  const ours = new Set(
    nodes.filter(({ type }) => type === 'Program').flatMap(({ body }) => namesAtTop(body as SyntaxNode[])),
  );
  const tagged = new Set(nodes.filter(({ type }) => type === 'TaggedTemplateExpression').map(({ quasi }) => quasi));
  const found = nodes.filter((node) => {
    if (node.type === 'MemberExpression') return isUnsafe(node);
    const isStatement = isPutTogether(node) && !tagged.has(node) && sql.test(textOf(node));
    return (isStatement || isPutTogether(statementOf(node))) && !isFixed(isStatement ? node : statementOf(node), ours);
  });
  return [...new Set(found.map((node) => placeOf(source, node)))];
}

/** What stands at the top of a file is there before anybody calls. */
function namesAtTop(body: readonly SyntaxNode[]): string[] {
  return body.flatMap((statement) => {
    const { type, declaration } = statement;
    if (type === 'ImportDeclaration') return (statement.specifiers as SyntaxNode[]).map(({ local }) => nameOf(local));
    const declared = type === 'ExportNamedDeclaration' && isNode(declaration) ? declaration : statement;
    if (declared.type !== 'VariableDeclaration' || declared.kind !== 'const') return [];
    return (declared.declarations as SyntaxNode[]).map(({ id }) => nameOf(id));
  });
}

/** Whether a piece is the same whoever calls, or quoted. */
function isFixed(node: unknown, ours: ReadonlySet<string>): boolean {
  if (!isNode(node)) return false;
  const all = (pieces: unknown) => (pieces as unknown[]).every((piece) => isFixed(piece, ours));
  switch (node.type) {
    case 'Literal':
      return true;
    case 'Identifier':
      return ours.has(nameOf(node));
    case 'MemberExpression':
      return isFixed(node.object, ours);
    case 'TemplateLiteral':
      return all(node.expressions);
    case 'BinaryExpression':
      return all([node.left, node.right]);
    case 'CallExpression':
      return (
        /^escape(Identifier|Literal)$/.test(nameOf(node.callee)) || all([node.callee, ...(node.arguments as unknown[])])
      );
    default:
      return false;
  }
}

function isUnsafe({ object, property }: SyntaxNode): boolean {
  return (
    /^\$(query|execute)RawUnsafe$/.test(nameOf(property)) || (nameOf(object) === 'Prisma' && nameOf(property) === 'raw')
  );
}

/** What a call of `….query(statement)` is given, or null. */
function statementOf({ type, callee, arguments: given }: SyntaxNode): SyntaxNode | null {
  if (type !== 'CallExpression' || !isNode(callee) || nameOf(callee.property) !== 'query') return null;
  const [statement] = given as unknown[];
  return isNode(statement) ? statement : null;
}

/** A template with values in it, or a sum with a text. */
function isPutTogether(node: SyntaxNode | null): node is SyntaxNode {
  if (node === null) return false;
  if (node.type === 'TemplateLiteral') return (node.expressions as unknown[]).length > 0;
  return node.type === 'BinaryExpression' && node.operator === '+' && textOf(node) !== '';
}

/** The text that a template or a sum begins with. */
function textOf(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'BinaryExpression') return textOf(node.left);
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : '';
  if (node.type !== 'TemplateLiteral') return '';
  const [first] = node.quasis as { value: { cooked: string } }[];
  return first?.value.cooked ?? '';
}

function nameOf(node: unknown): string {
  return isNode(node) && typeof node.name === 'string' ? node.name : '';
}

test.each([
  ['pool.query(`SELECT 1 FROM deals WHERE id = ${id}`);', 1],
  ["pool.query('SELECT 1 FROM deals WHERE id = ' + id);", 1],
  ['pool.query(`${columns} FROM deals`);', 1],
  ["const statement = `DELETE FROM deals WHERE id = '${id}'`;", 1],
  ["const statement = 'UPDATE deals SET name = ' + name + ' WHERE id = 1';", 1],
  ['tx.$queryRawUnsafe(statement);', 1],
  ['tx.$executeRawUnsafe(`SELECT 1`);', 1],
  ['tx.$queryRaw`SELECT ${Prisma.raw(columns)} FROM deals`;', 1],
  ['tx.$queryRaw`SELECT 1 FROM deals WHERE id = ${id}`;', 0],
  ['tx.$queryRaw<Row[]>`SELECT 1 FROM deals WHERE id = ${id}`;', 0],
  ["pool.query('SELECT 1 FROM deals WHERE id = $1', [id]);", 0],
  ['pool.query(`SELECT 1`);', 0],
  ['const all = `SELECT ${columns} FROM deals`; const one = (id) => pool.query(`${all} WHERE id = ${id}`);', 1],
  ['const columns = "id"; const all = `SELECT ${columns} FROM deals`; pool.query(`${all} WHERE id = $1`, [id]);', 0],
  ['const table = plain(); const read = () => tx.rows(`SELECT ${table.columns("d")} FROM deals d`);', 0],
  ['const drop = (name) => client.query(`DROP DATABASE ${escapeIdentifier(name)}`);', 0],
  ['const words = `Select one of ${list}`;', 0],
])('the look for SQL put together from pieces tells what %s is', (text, count) => {
  expect(builtIn({ path: 'example.ts', text })).toHaveLength(count);
});

test('no statement is put together from pieces, but for those that take no parameters', () => {
  const sources = readSources();
  expect(sources.length).toBeGreaterThan(300);
  const found = sources.flatMap((source) => builtIn(source).map((place) => ({ path: source.path, place })));
  expect(found.filter(({ path }) => exceptions[path] === undefined).map(({ place }) => place)).toEqual([]);
  expect([...new Set(found.map(({ path }) => path))].sort()).toEqual(Object.keys(exceptions).sort());
});
