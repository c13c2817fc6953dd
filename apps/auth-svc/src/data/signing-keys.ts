import type { JWK } from 'jose';
import type { Pool } from 'pg';

/** The public halves of the keys that sign access tokens; what one replica publishes, all of them show. */
export type SigningKeys = {
  /** Publishes `keys`, or says that they are still in use; resolves to how long each has been published, in ms, by `kid`. */
  publish(keys: readonly (JWK & { kid: string })[]): Promise<ReadonlyMap<string, number>>;
  /** All that a token may be signed with, newest first. */
  published(): Promise<JWK[]>;
};

/** An access token (10 minutes) outlives the last word of who signed it (a minute), with some time to spare. */
const goodAfterUse = '15 minutes';

export function createSigningKeys(pool: Pick<Pool, 'query'>): SigningKeys {
  return {
    async publish(keys) {
      const ages = new Map<string, number>();
      for (const key of keys) {
        const { rows } = await pool.query<{ age: number }>(
          `INSERT INTO signing_keys AS known (kid, public_jwk, good_until) VALUES ($1, $2, now() + $3::interval)
           ON CONFLICT (kid) DO UPDATE SET good_until = excluded.good_until,
             published_at = CASE WHEN known.good_until < now() THEN now() ELSE known.published_at END
           RETURNING extract(epoch FROM now() - published_at)::float8 * 1000 AS age`,
          [key.kid, JSON.stringify(key), goodAfterUse],
        );
        ages.set(key.kid, rows[0]?.age ?? 0);
      }
      return ages;
    },
    async published() {
      const { rows } = await pool.query<{ key: JWK }>(
        'SELECT public_jwk AS key FROM signing_keys WHERE good_until > now() ORDER BY published_at DESC, kid',
      );
      return rows.map(({ key }) => key);
    },
  };
}
