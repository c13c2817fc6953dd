import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { type BookName, bookNames } from '../house/books.ts';

/**
 * Makes each service's database with its two roles, who alone may open it: `uw_<service>_owner`, who makes the tables, and
 * `uw_<service>`, who reads and writes rows. What is there already stays.
 */
export async function createDatabases(adminUrl: string, password: string): Promise<void> {
  const admin = await connect(adminUrl);
  try {
    for (const name of bookNames) {
      const { database, owner, runtime } = rolesOf(name);
      for (const role of [owner, runtime]) {
        await admin.query(`CREATE ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(password)}`);
      }
      await admin.query(`CREATE DATABASE ${escapeIdentifier(database)} OWNER ${escapeIdentifier(owner)}`);
      await admin.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
      await admin.query(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${escapeIdentifier(runtime)}`);
      await grantRows(urlOf(adminUrl, { database }), owner, runtime);
    }
  } finally {
    await admin.end();
  }
}

/** The URLs of a service's database, for the role that migrates and the one that works. */
export function databaseUrls(
  adminUrl: string,
  name: BookName,
  password: string,
): { DATABASE_URL: string; DATABASE_MIGRATION_URL: string } {
  const { database, owner, runtime } = rolesOf(name);
  return {
    DATABASE_URL: urlOf(adminUrl, { database, user: runtime, password }),
    DATABASE_MIGRATION_URL: urlOf(adminUrl, { database, user: owner, password }),
  };
}

function rolesOf(name: BookName): { database: string; owner: string; runtime: string } {
  return { database: `uw_${name}`, owner: `uw_${name}_owner`, runtime: `uw_${name}` };
}

async function grantRows(url: string, owner: string, runtime: string): Promise<void> {
  const client = await connect(url);
  try {
    const whose = `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(owner)} IN SCHEMA public`;
    await client.query(`${whose} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${escapeIdentifier(runtime)}`);
    await client.query(`${whose} GRANT USAGE, SELECT ON SEQUENCES TO ${escapeIdentifier(runtime)}`);
  } finally {
    await client.end();
  }
}

function urlOf(adminUrl: string, { database, user, password }: { database: string; user?: string; password?: string }) {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}
