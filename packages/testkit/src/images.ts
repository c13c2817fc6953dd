/** The images that tests run; docker-compose.yml runs the same ones. */
export const images = {
  postgres: 'postgres:18.6',
  nats: 'nats:2.12.8-alpine',
  redis: 'redis:7.4.11-alpine',
  s3: 'chrislusf/seaweedfs:4.29',
} as const;
