/** What we use of the driver's own helpers, for which it has no types. */
declare module 'pg/lib/utils' {
  /** A parameter as it goes to the server: a text, bytes, or null. Throws for what has no such form. */
  export function prepareValue(value: unknown): string | Buffer | null;
}
