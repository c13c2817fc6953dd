import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { type Handlers, runCommand, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { z } from 'zod';
import { wireCatalogue } from '../domain/intake/missing.ts';
import { type AnswerIntakeDeps, answerIntake, type IntakeState } from '../usecases/answer-intake.ts';
import { maskPii } from './mask-pii.ts';
import { parseBody, uuid } from './parse.ts';
import type { RouteDeps } from './route-deps.ts';

const answerBody = z.strictObject({
  deal_id: uuid('Send the UUID of a deal.'),
  answers: z.record(z.string(), z.unknown()).nullish(),
  confirm: z.array(z.string().max(100)).max(100).nullish(),
});

/** The question catalogue, and the answers to it. */
export function intakeRoutes(deps: RouteDeps & AnswerIntakeDeps): Handlers {
  return {
    'GET /api/intake/fields': (_req, res) => {
      res.json({ data: wireCatalogue() });
    },

    'POST /api/intake/answer': (req, res) => {
      const { role } = tenantIdentityOf(req);
      const show = (state: IntakeState) => showState(state, role);
      return runCommand(req, res, { database: deps.database, show, allItDoes: true }, async (command) => {
        const body = parseBody(answerBody, req);
        return answerIntake(deps, {
          command,
          dealId: body.deal_id,
          answers: body.answers ?? {},
          confirm: body.confirm ?? [],
        });
      });
    },
  };
}

function showState({ dealId, missing, confirm, complete }: IntakeState, role: Role) {
  const shown = confirm.map((waiting) => ({ ...waiting, value: maskPii(role, waiting.field, waiting.value) }));
  return { body: { deal_id: dealId, missing, confirm: shown, complete } };
}
