import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import type { Client } from './flow/client.ts';
import { fail, paint, readCommandLine } from './flow/command-line.ts';
import { inventMerchant } from './flow/merchant.ts';
import { runFlow, type Step, untilSigned } from './flow/steps.ts';

const help = `npm run demo -- [options]

Invents a merchant, makes three months of bank statements for it (you find them in ./data/demo), takes its deal from
start to signature, and shows what an underwriter would see on the way.

  --base-url URL        the gateway (default: the one in the credentials file)
  --credentials FILE    the file the first start wrote (default: ./data/credentials.json); -: standard input
  --seed N              which invented merchant: the same number, the same merchant and the same statements
  --help                this text
`;

const dollars = (cents: number | null): string =>
  cents === null ? 'unknown' : (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** What each answer of the flow means, in an underwriter's words. */
const tell: Readonly<Record<string, (step: Step) => void>> = {
  start: ({ reply }) => say(`1. A deal is opened: ${reply.body.deal_id}`),
  intake: () => say('2. The intake is complete.'),
  upload: ({ reply }) => {
    const { analysis, documents } = reply.body;
    say('3. Three statements are read:');
    for (const { filename, statement } of documents) {
      say(
        `     ${filename}  ${statement.period_start} to ${statement.period_end}  ${dollars(statement.beginning_balance_cents)} to ${dollars(statement.ending_balance_cents)}  ${statement.reconciled ? 'adds up' : 'does not add up'}`,
      );
    }
    say(
      `     true revenue ${dollars(analysis.avg_monthly_revenue_cents)} a month, daily balance ${dollars(analysis.avg_daily_balance_cents)}, ${analysis.nsf_count} NSF, ${analysis.negative_days} negative days`,
    );
  },
  offers: ({ reply }) => {
    say('4. Three offers:');
    for (const offer of reply.body.offers) {
      const mark = offer.recommended ? paint('  recommended', 'green') : '';
      say(
        `     ${offer.label.padEnd(12)} ${dollars(offer.funded_amount_cents)} at ${offer.factor_rate}, payback ${dollars(offer.payback_amount_cents)}: ${offer.payment_count} ${offer.payment_frequency} payments of ${dollars(offer.payment_amount_cents)}${mark}`,
      );
    }
  },
  accept: ({ reply }) => say(`5. The merchant accepts "${reply.body.offer.label}".`),
  background: ({ reply }) => say(`6. The background is ${reply.body.status}.`),
  send: ({ reply }) => say(`7. The agreement is out for signature: envelope ${reply.body.envelope_id}`),
  sign: () => say('8. The merchant signs.'),
};

async function demo(client: Client, seed: number): Promise<void> {
  const merchant = inventMerchant(seed);
  const statements = await generateStatements({ seed, legalName: merchant.legalName });
  const folder = join('data', 'demo', String(seed));
  await mkdir(folder, { recursive: true });
  for (const { filename, pdf } of statements) await writeFile(join(folder, filename), pdf);
  say(`${merchant.legalName} (seed ${seed}); its statements are in ${folder}`);
  const flow = await runFlow(client, {
    merchant,
    statements,
    key: `demo-${seed}-${Date.now()}`,
    onStep: (step) => step.wrong === null && tell[step.name]?.(step),
  });
  const { body } = await untilSigned(client, flow.dealId);
  say(`9. The deal is ${body.status}. Its timeline: ${client.target.baseUrl}/api/deals/${flow.dealId}/events`);
}

try {
  const commandLine = await readCommandLine(process.argv.slice(2), help);
  if (commandLine !== null) await demo(commandLine.client, commandLine.seed);
} catch (error) {
  fail(error);
}
