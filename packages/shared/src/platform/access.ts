import { type Client, escapeIdentifier } from 'pg';

/** Who works on a service's database besides its owner: on calls and events of one tenant, and on the tables of all. */
export type DatabaseRoles = { readonly runtime: string; readonly worker: string };

/** The role that a database's URL names; null: it names none. */
export function roleOf(url: string): string | null {
  return decodeURIComponent(new URL(url).username) || null;
}

/**
 * Lets the roles do what they are for and no more, as the owner of the database that `client` is connected to. The runtime
 * role reads and writes rows, those of the tenant that its transaction names, and calls the functions that look one up. The
 * worker sees all rows of the tables that a migration guarded `worker => true`, and the tables that hold nothing of tenants.
 * Where one role has several of these parts it may do what any of them may. Changes only what is not so already.
 */
export async function grantAccess(client: Pick<Client, 'query'>, roles: DatabaseRoles): Promise<void> {
  const { rows } = await client.query<{ me: string; database: string }>(
    'SELECT current_user AS me, current_database() AS database',
  );
  const [{ me, database } = { me: '', database: '' }] = rows;
  await namePolicies(client, { owner: me, worker: roles.worker });
  const others = [...new Set([roles.runtime, roles.worker])].filter((role) => role !== me);
  if (others.length === 0) return;
  const both = others.map(escapeIdentifier).join(', ');
  await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${both}`);
  await client.query(`GRANT USAGE ON SCHEMA public TO ${both}`);
  await client.query(`REVOKE ALL ON _prisma_migrations FROM ${both}`);
  for (const role of others) {
    const wanted = await client.query<{ statement: string }>(lacking, [role, role === roles.runtime]);
    for (const { statement } of wanted.rows) await client.query(statement);
  }
}

/** A policy cannot be named after a role that a migration does not know: it was made for whoever migrated. */
async function namePolicies(client: Pick<Client, 'query'>, roles: { owner: string; worker: string }): Promise<void> {
  for (const [policy, role] of Object.entries(roles)) {
    const { rows } = await client.query<{ named: string }>(
      `SELECT polrelid::regclass::text AS named FROM pg_policy JOIN pg_class c ON c.oid = polrelid
       WHERE c.relnamespace = 'public'::regnamespace AND polname = $1
         AND polroles <> ARRAY(SELECT oid FROM pg_roles WHERE rolname = $2)`,
      [policy, role],
    );
    for (const { named } of rows)
      await client.query(`ALTER POLICY ${escapeIdentifier(policy)} ON ${named} TO ${escapeIdentifier(role)}`);
  }
}

/** What role $1 has to be granted: as the runtime role ($2) every table, as the worker those it needs. */
const lacking = `
  SELECT format('GRANT %s ON %s TO %I', c.privileges, c.oid::regclass, $1::text) AS statement
    FROM (SELECT *, CASE WHEN EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'tenant_adds')
      THEN 'SELECT, INSERT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS privileges FROM pg_class) c
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
     AND ($2::boolean OR NOT c.relrowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'worker'))
     AND EXISTS (SELECT FROM unnest(string_to_array(c.privileges, ', ')) AS each
       WHERE NOT has_table_privilege($1::text, c.oid, each))
  UNION ALL
  SELECT format('GRANT USAGE, SELECT ON SEQUENCE %s TO %I', c.oid::regclass, $1::text) FROM pg_class c
   WHERE c.relnamespace = 'public'::regnamespace
     -- In this order: of what is no sequence the function may not be asked.
     AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege($1::text, c.oid, 'USAGE') ELSE false END
  UNION ALL
  SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, $1::text) FROM pg_proc p
   WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND $2::boolean
     AND NOT has_function_privilege($1::text, p.oid, 'EXECUTE')`;
