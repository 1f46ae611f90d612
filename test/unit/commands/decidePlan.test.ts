import { describe, expect, it } from 'vitest';
import { type Asker, changeButton, confirmedPlan, decidePlan } from '../../../src/commands/decidePlan.js';
import type { Question } from '../../../src/commands/steer.js';
import { withChoice } from '../../../src/migration/evacuation/choices.js';
import type { Choice, Choices, EvacuationSurvey } from '../../../src/migration/evacuation/plan.js';
import { mib } from '../fakes.js';
import { surveyed } from '../migration/evacuation/surveyed.js';

const survey: EvacuationSurvey = {
  source: 'hv1',
  domains: [surveyed('web'), surveyed('db')],
  candidates: [
    { name: 'hv2', freeBytes: 4000 * mib, reservedBytes: 0 },
    { name: 'hv3', freeBytes: 3000 * mib, reservedBytes: 0 },
  ],
};
const settings = { perSource: 2, perDestination: 2, options: {} };
const stay: Choice = { kind: 'stay' };
const bothStay: Choices = new Map([
  ['uuid-of-web', stay],
  ['uuid-of-db', stay],
]);

/** A user who presses these buttons, one a question, and changes the choices by these, one each time they may. */
class User implements Asker {
  readonly asked: Question[] = [];
  readonly found: Choices[] = [];

  constructor(
    private readonly buttons: (string | undefined)[],
    private readonly changes: ((before: Choices) => Choices)[] = [],
  ) {}

  readonly ask = (question: Question, others: readonly string[]): Promise<string | undefined> => {
    this.asked.push(question);
    const button = this.buttons.shift();
    if (button !== undefined) expect([question.button, ...others]).toContain(button);
    return Promise.resolve(button);
  };

  readonly choose = (before: Choices): Promise<Choices> => {
    this.found.push(before);
    return Promise.resolve((this.changes.shift() ?? ((same) => same))(before));
  };
}

describe('an evacuation of which every domain was chosen to stay', () => {
  it('says that nothing would be migrated, and goes on choosing with what was chosen', async () => {
    const user = new User(
      [changeButton, changeButton, 'Evacuate'],
      [() => bothStay, (before) => withChoice(before, 'uuid-of-db', { kind: 'to', destination: 'hv3' })],
    );
    const plan = await decidePlan(survey, new Map(), settings, user);
    expect(user.asked.map(({ message }) => message)).toEqual([
      "Evacuate 'hv1'? 2 domains would leave it.",
      "As chosen, no domain would leave 'hv1': nothing would be migrated.",
      "Evacuate 'hv1'? 1 domain would leave it.",
    ]);
    expect(user.asked[1]).toMatchObject({
      detail: 'Stay: db (it was chosen to stay), web (it was chosen to stay).',
      button: changeButton,
    });
    expect(user.found).toEqual([new Map(), bothStay]);
    expect(plan?.moves.map(({ name, destination }) => [name, destination])).toEqual([['db', 'hv3']]);
    expect(plan?.left.map(({ name }) => name)).toEqual(['web']);
  });

  it('is left by cancelling, and nothing begins', async () => {
    const user = new User([undefined]);
    expect(await decidePlan(survey, bothStay, settings, user)).toBeUndefined();
    expect(user.found).toEqual([]);
  });

  it('is refused where nobody is asked', () => {
    expect(() => confirmedPlan(survey, bothStay)).toThrow('No domain can leave hv1.');
  });
});

describe('an evacuation of a host that nothing can leave', () => {
  it('is refused at once, with the reasons', async () => {
    const held = {
      ...survey,
      domains: [surveyed('web', { held: 'a host device' }), surveyed('off', { state: 'shutOff' })],
    };
    const user = new User([]);
    // To choose for what can't go anyway changes nothing.
    for (const given of [new Map(), new Map([['uuid-of-web', stay]])]) {
      await expect(decidePlan(held, given, settings, user)).rejects.toMatchObject({
        message: 'No domain can leave hv1.',
        advice: 'web: it can’t migrate: a host device.',
      });
    }
    expect(user.asked).toEqual([]);
  });
});
