/** Whether PostgreSQL would take `text` as a uuid column's value, in the one spelling that we give out. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
