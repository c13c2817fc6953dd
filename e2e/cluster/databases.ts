import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { type BookName, bookNames } from '../house/books.ts';

/**
 * Makes each service's database with its three roles, who alone may open it: `uw_<service>_owner`, who makes the tables and
 * gives the others access, `uw_<service>` for calls and events, `uw_<service>_worker` for outbox and sweeps.
 */
export async function createDatabases(adminUrl: string, password: string): Promise<void> {
  const admin = await connect(adminUrl);
  try {
    for (const name of bookNames) {
      const { database, owner, runtime, worker } = rolesOf(name);
      for (const role of [owner, runtime, worker]) {
        await admin.query(`CREATE ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(password)}`);
      }
      await admin.query(`CREATE DATABASE ${escapeIdentifier(database)} OWNER ${escapeIdentifier(owner)}`);
      await admin.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
    }
  } finally {
    await admin.end();
  }
}

/** The URLs of a service's database, one for each of its roles. */
export function databaseUrls(
  adminUrl: string,
  name: BookName,
  password: string,
): { DATABASE_URL: string; DATABASE_WORKER_URL: string; DATABASE_MIGRATION_URL: string } {
  const { database, owner, runtime, worker } = rolesOf(name);
  return {
    DATABASE_URL: urlOf(adminUrl, { database, user: runtime, password }),
    DATABASE_WORKER_URL: urlOf(adminUrl, { database, user: worker, password }),
    DATABASE_MIGRATION_URL: urlOf(adminUrl, { database, user: owner, password }),
  };
}

function rolesOf(name: BookName) {
  return {
    database: `uw_${name}`,
    owner: `uw_${name}_owner`,
    runtime: `uw_${name}`,
    worker: `uw_${name}_worker`,
  };
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
