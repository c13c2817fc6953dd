/** An e-mail address that a person can recognise and a reader of events cannot use: `jane@example.com` is `j***@example.com`. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '***' : `${email.slice(0, 1)}***${email.slice(at)}`;
}

/** Whether two addresses reach the same mailbox for all that a sender can know: upper and lower case aside. */
export function isSameMailbox(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
