import { UserError } from '../base/errors.js';
import { hostName } from '../migration/describe.js';
import { overfull } from '../migration/evacuation/choices.js';
import { describePlan, describeStay, domains } from '../migration/evacuation/describe.js';
import type { EvacuationPlan, EvacuationSettings } from '../migration/evacuation/model.js';
import { type Choices, type EvacuationSurvey, isPlaceable, planEvacuation } from '../migration/evacuation/plan.js';
import type { Question } from './steer.js';

/** What the deciding asks the user; a test answers in the user's place. */
export interface Asker {
  /** The button pressed: the question's own, or one of `others`. Undefined when the user cancels. */
  readonly ask: (question: Question, others: readonly string[]) => Thenable<string | undefined>;
  /** Where each domain goes, on from what is chosen already. */
  readonly choose: (choices: Choices) => Thenable<Choices>;
}

export const changeButton = 'Change Destinations…';

/** Shows the plan until it is taken or left; in between each domain may be sent elsewhere. Undefined when the user leaves it. */
export async function decidePlan(
  survey: EvacuationSurvey,
  given: Choices,
  settings: EvacuationSettings,
  { ask, choose }: Asker,
): Promise<EvacuationPlan | undefined> {
  let choices = given;
  for (;;) {
    const plan = planEvacuation(survey, choices);
    const isNothing = plan.moves.length === 0;
    // Where it is not by a choice, there is nothing to choose otherwise.
    if (isNothing && !isByChoice(survey, choices)) throw nothingCanLeave(plan);
    const question = isNothing ? nothingQuestion(plan) : evacuateQuestion(survey, plan, settings);
    const answer = await ask(question, isNothing ? [] : [changeButton]);
    if (answer === changeButton) choices = await choose(choices);
    else return answer === question.button ? plan : undefined;
  }
}

/** Whether a domain that could go was chosen for. */
function isByChoice({ domains: all }: EvacuationSurvey, choices: Choices): boolean {
  return all.some((domain) => isPlaceable(domain) && choices.has(domain.uuid));
}

/** The plan where nobody is asked. */
export function confirmedPlan(survey: EvacuationSurvey, choices: Choices): EvacuationPlan {
  const plan = planEvacuation(survey, choices);
  if (plan.moves.length === 0) throw nothingCanLeave(plan);
  return plan;
}

function evacuateQuestion(survey: EvacuationSurvey, plan: EvacuationPlan, settings: EvacuationSettings): Question {
  return {
    message: `Evacuate '${hostName(plan.source)}'? ${domains(plan.moves.length)} would leave it.`,
    detail: [describePlan(plan, settings), ...overfull(survey, plan)].join('\n\n'),
    button: 'Evacuate',
  };
}

/** Of what was chosen, nothing is lost: it can be chosen otherwise from here. */
function nothingQuestion({ source, left }: EvacuationPlan): Question {
  return {
    message: `As chosen, no domain would leave '${hostName(source)}': nothing would be migrated.`,
    detail: describeStay(left),
    button: changeButton,
  };
}

function nothingCanLeave({ source, left }: EvacuationPlan): UserError {
  const running = left.filter((domain) => domain.running);
  const reasons = running.map(({ name, reason }) => `${name}: ${reason}.`).join(' ');
  return new UserError(`No domain can leave ${source}.`, running.length === 0 ? 'None runs there.' : reasons);
}
