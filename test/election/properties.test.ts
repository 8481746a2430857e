/**
 * Random schedules, with every invariant checked at every step. A failure prints its seed, its path and the shortest
 * schedule that still fails; `ELECTION_SEED` and `ELECTION_RUNS` play others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copySources, type Replacement } from '../support/mutant.ts';
import type { Election, Views } from './scene.ts';
import { anySchedule, harmlessSchedule, lawlessSchedule, Theatre } from './schedule.ts';
import { inElection } from './stories.ts';

const seed = process.env.ELECTION_SEED;
const chosen = seed === undefined ? {} : { seed: Number(seed) };
const runs = (usual: number) => ({ numRuns: Number(process.env.ELECTION_RUNS ?? usual), ...chosen });

test('never two leaders, and nothing else that must not be, whatever arrives in whatever order', () => {
  fc.assert(
    fc.property(anySchedule, (schedule) => {
      const theatre = new Theatre(schedule);
      assert.deepEqual(theatre.play(schedule.actions), []);
    }),
    runs(1_000),
  );
});

test('after all faults have ended there is one leader', () => {
  fc.assert(
    fc.property(anySchedule, (schedule) => {
      const theatre = new Theatre(schedule);
      theatre.play(schedule.actions);
      assert.deepEqual(theatre.heal(), []);
    }),
    runs(400),
  );
});

test('where two leaders are not ruled out, all else holds, and it ends with one', () => {
  fc.assert(
    fc.property(lawlessSchedule, (schedule) => {
      const theatre = new Theatre(schedule, { lawless: true });
      assert.deepEqual(theatre.play(schedule.actions), []);
      assert.deepEqual(theatre.heal(), []);
    }),
    runs(400),
  );
});

test('a leader whose requests are answered does not stop, whatever its watch does', () => {
  fc.assert(
    fc.property(harmlessSchedule, (schedule) => {
      const theatre = new Theatre(schedule);
      assert.deepEqual(theatre.play(schedule.actions), []);
      assert.deepEqual(
        theatre.scene.members.map((it) => it.terms.join()),
        theatre.scene.members.map((_, i) => (i === 0 ? '+1' : '')),
      );
    }),
    runs(400),
  );
});

/** The schedules must be able to find what they look for. */
const CONTROLS: readonly { readonly rule: string; readonly finds: RegExp; readonly without: readonly Replacement[] }[] =
  [
    {
      rule: '3',
      finds: /S1|S7|S10/,
      without: [
        inElection(
          'view.ts',
          "return state.role.type === 'leader' && remainingMs(state, state.role, now) > 0;",
          "return state.role.type === 'leader';",
        ),
      ],
    },
    {
      rule: '9',
      finds: /S14/,
      without: [
        inElection(
          'writing.ts',
          'if (attempt === null || attempt.attempt !== number) return null;',
          'if (attempt === null) return null;',
        ),
      ],
    },
    {
      rule: '15',
      finds: /S1|S8|S10|S11/,
      without: [inElection('election.ts', '    endLostTerm(turn);\n', '')],
    },
    {
      rule: '17 (the wait)',
      finds: /S1/,
      without: [
        inElection(
          'observing.ts',
          'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
          'floorAtMs: sight.floorAtMs,',
        ),
      ],
    },
    {
      rule: '17 (the new uid)',
      finds: /S1/,
      without: [
        inElection(
          'observing.ts',
          "const replaced = !ownCreation && !sameUid && before.lastUid !== '';",
          'const replaced = false;',
        ),
      ],
    },
    {
      rule: '18 (renewing while draining)',
      finds: /S10/,
      without: [
        inElection(
          'leading.ts',
          "return role.type === 'leader' || (role.type === 'draining' && role.cause === 'gave-up') ? role : null;",
          "return role.type === 'leader' ? role : null;",
        ),
      ],
    },
    {
      rule: '19',
      finds: /S5/,
      without: [
        inElection(
          'losing.ts',
          "const mine = judge(turn) === 'mine';",
          "const mine = judge(turn) === 'mine' || judge(turn) === 'held';",
        ),
      ],
    },
    {
      rule: '25',
      finds: /S1|S4/,
      without: [inElection('observing.ts', 'if (state.proofHeld && isOfMyPod(', 'if (isOfMyPod(')],
    },
    {
      rule: '28',
      finds: /S1/,
      without: [
        inElection(
          'seal.ts',
          'if (seal.leaseTransitions === record.leaseTransitions) return seal.released;',
          'if (seal.leaseTransitions === record.leaseTransitions) return true;',
        ),
      ],
    },
  ];

for (const { rule, finds, without } of CONTROLS) {
  test(`without rule ${rule} the schedules find what goes wrong`, async () => {
    const load = copySources(without);
    const mutant = {
      election: await load<Election>('election/election.ts'),
      views: await load<Views>('election/view.ts'),
    };
    const found = fc.check(
      fc.property(anySchedule, (schedule) => {
        const broken = new Theatre(schedule, mutant).play(schedule.actions);
        assert.deepEqual(broken, []);
      }),
      { numRuns: 600, seed: 1, endOnFailure: true },
    );
    assert.equal(found.failed, true);
    const [schedule] = found.counterexample ?? [];
    assert.ok(schedule !== undefined);
    assert.match(new Theatre(schedule, mutant).play(schedule.actions).join('\n'), finds);
  });
}
