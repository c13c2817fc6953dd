/**
 * The images that tests and docker-compose.yml run, each with the one tag that both use; a test compares them.
 */
export const images = {
  postgres: 'postgres:18.1',
  nats: 'nats:2.12.2-alpine',
  redis: 'redis:7.4.7-alpine',
  s3: 'chrislusf/seaweedfs:3.97',
} as const;
