import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';

/** Where the answers of commands are kept. */
export type RouteDeps = { database: Pick<Database<SqlTx>, 'pool' | 'answerSeals'> };
