import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import type { Client, Reply } from './flow/client.ts';
import { fail, paint, readCommandLine } from './flow/command-line.ts';
import { inventMerchant } from './flow/merchant.ts';
import { runFlow, type Step, untilSigned, WrongAnswer } from './flow/steps.ts';
import { untilTold } from './flow/timeline.ts';

const help = `npm run smoke -- [options]

Runs a deal from start to signature against a running gateway, with three bank statements made for it, and texts the
merchant. Prints step, status and milliseconds per line; ends with an exit code that is not 0 at the first wrong answer.

  --base-url URL        the gateway (default: the one in the credentials file)
  --credentials FILE    the file the first start wrote (default: ./data/credentials.json); -: standard input
  --seed N              which invented merchant (default: any)
  --help                this text
`;

function print({ name, reply, wrong }: Pick<Step, 'name' | 'reply' | 'wrong'>): void {
  const mark = wrong === null ? paint('ok  ', 'green') : paint('FAIL', 'red');
  process.stdout.write(`${mark}  ${name.padEnd(12)} ${reply.status}  ${reply.ms.toFixed(0).padStart(6)} ms\n`);
}

/** Makes one call, prints it, and throws when `check` finds something wrong. */
async function step(name: string, call: string, reply: Reply, check: (reply: Reply) => string | null): Promise<void> {
  const taken = { name, call, reply, wrong: reply.status === 200 ? check(reply) : 'the answer is not 200' };
  print(taken);
  if (taken.wrong !== null) throw new WrongAnswer(taken);
}

async function smoke(client: Client, seed: number): Promise<void> {
  const started = performance.now();
  const merchant = inventMerchant(seed);
  await step('ready', 'GET /readyz', await client.call('GET', '/readyz'), ({ body }) =>
    body.status === 'ready' ? null : `the house is ${body.status}`,
  );
  await step('me', 'GET /api/auth/me', await client.call('GET', '/api/auth/me'), ({ body }) =>
    body.tenant_id === client.target.tenantId ? null : 'the key belongs to another tenant',
  );
  const statements = await generateStatements({ seed, legalName: merchant.legalName });
  const flow = await runFlow(client, { merchant, statements, key: `smoke-${seed}-${Date.now()}`, onStep: print });
  print({ name: 'signed', reply: await untilSigned(client, flow.dealId), wrong: null });
  const documents = await client.call('GET', `/api/deals/${flow.dealId}/documents`);
  await step('documents', 'GET documents', documents, ({ body }) =>
    body.data?.length === 3 ? null : 'there are not three documents',
  );
  const document = documents.body.data[0];
  const content = await client.call('GET', `/api/documents/${document.document_id}/content`);
  await step('download', 'GET content', content, ({ text }) =>
    text.startsWith('%PDF-') ? null : 'the download is not a PDF',
  );
  print({ name: 'timeline', reply: await untilTold(client, flow.dealId), wrong: null });
  const text = { to: merchant.answers.owner_phone, body: 'Your agreement is signed. Thank you!', deal_id: flow.dealId };
  await step(
    'text',
    'POST /api/sms/cherry/send',
    await client.call('POST', '/api/sms/cherry/send', { json: text }),
    ({ body }) => (body.status === 'sent' ? null : `the text is ${body.status}`),
  );
  process.stdout.write(
    `${paint('passed', 'green')}  deal ${flow.dealId} signed in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
}

try {
  const commandLine = await readCommandLine(process.argv.slice(2), help);
  if (commandLine !== null) await smoke(commandLine.client, commandLine.seed);
} catch (error) {
  fail(error);
}
