/** What we use of s3rver, which has no types of its own. */
declare module 's3rver' {
  import type { Server } from 'node:http';

  class S3rver {
    constructor(options: {
      address: string;
      port: number;
      directory: string;
      silent: boolean;
      vhostBuckets: boolean;
    });
    readonly httpServer: Server;
    readonly store: { listObjects(bucket: string, options: { maxKeys?: number }): Promise<unknown> };
    run(): Promise<{ port: number }>;
    close(): Promise<void>;
  }
  export = S3rver;
}
