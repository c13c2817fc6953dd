import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';

/** Sends mails; rejects when nobody has taken the mail over. */
export type Mailer = { send(mail: { to: string; subject: string; text: string }): Promise<void> };

/** How mails leave: through a server (`url`: smtp:// or smtps://), as files in a folder, or not at all. */
export type MailTarget =
  | { readonly kind: 'smtp'; readonly url: string; readonly from: string }
  | { readonly kind: 'file'; readonly folder: string }
  | { readonly kind: 'none' };

const patienceMs = 15_000;

/** Makes the mailer of `target`. */
export function createMailer(target: MailTarget): Mailer {
  if (target.kind === 'smtp') return mailBySmtp(target);
  return target.kind === 'file' ? mailToFolder(target.folder) : mailToNobody();
}

function mailBySmtp({ url, from }: { url: string; from: string }): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: patienceMs,
    greetingTimeout: patienceMs,
    socketTimeout: patienceMs,
    // A mail is text that we wrote: no file and no address is read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (mail) => {
      await transport.sendMail({ from, ...mail });
    },
  };
}

/** One file for each mail, which only we can read: for a house that tries things out. */
function mailToFolder(folder: string): Mailer {
  return {
    async send({ to, subject, text }) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${Date.now()}-${randomUUID()}`);
      await writeFile(path, `To: ${to}\nSubject: ${subject}\n\n${text}`, { mode: 0o600 });
      await rename(path, `${path}.txt`);
    },
  };
}

function mailToNobody(): Mailer {
  return { send: () => Promise.reject(new Error('no mail is sent here: set SMTP_URL')) };
}
