/**
 * Stories told twice: by the product, where they must end well, and with the lines of one rule replaced in the sources
 * as loaded, where they must end as badly as told. So a rule that is softened, or moves, is missed by a test.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copySources, type Replacement } from '../support/mutant.ts';
import {
  type Election,
  Hammering,
  type Member,
  type MemberOptions,
  Scene,
  type SceneOptions,
  type Views,
} from './scene.ts';

/** How a story can end. The empty text is the good end. */
export type Ending =
  | ''
  | 'two lead'
  | 'leads beside a Go elector'
  | "another's record is erased"
  | "another's live lock is taken"
  | 'nobody leads'
  | 'two work'
  | 'a term comes back to life'
  | 'a healthy leader stops'
  | 'the lock is held by the dead'
  | 'hammers'
  /** What goes wrong only in this story. */
  | `here: ${string}`;

export interface Story {
  /** As numbered in docs/internals/rules.md. */
  readonly rule: string;
  readonly story: string;
  readonly scene?: Omit<SceneOptions, 'election' | 'views'>;
  /** Plays it, and says what went wrong. */
  readonly tell: (scene: Scene) => Ending;
  /** How it ends without the rule. */
  readonly badly: Exclude<Ending, ''>;
  readonly without: readonly Replacement[];
}

export function tellTwice(stories: readonly Story[]): void {
  for (const { rule, story, scene, tell, badly, without } of stories) {
    test(`rule ${rule} holds when ${story}`, () => {
      assert.equal(ending(tell, new Scene(scene)), '');
    });
    test(`without rule ${rule}: ${badly.replace(/^here: /, '')}, when ${story}`, async () => {
      const load = copySources(without);
      const mutant = {
        election: await load<Election>('election/election.ts'),
        views: await load<Views>('election/view.ts'),
      };
      assert.equal(ending(tell, new Scene({ ...scene, ...mutant })), badly);
    });
  }
}

function ending(tell: Story['tell'], scene: Scene): Ending {
  try {
    return tell(scene);
  } catch (error) {
    if (error instanceof Hammering) return 'hammers';
    throw error;
  }
}

export function inElection(file: string, from: string, to: string): Replacement {
  return { file: `election/${file}`, from, to };
}

export function overlaps(scene: Scene): Ending {
  return scene.overlaps.length > 0 ? 'two lead' : '';
}

export function workOverlaps(scene: Scene): Ending {
  return scene.workOverlaps.length > 0 ? 'two work' : '';
}

/** Two must not lead; and this one must, at the end, for the story to have been told at all. */
export function onlyLeader(scene: Scene, member: Member): Ending {
  return overlaps(scene) || (member.isLeading() ? '' : 'nobody leads');
}

/** alice leads and bob watches; the usual beginning. */
export function begin(scene: Scene, options: MemberOptions = {}): { readonly alice: Member; readonly bob: Member } {
  const alice = scene.start('alice', options);
  const bob = scene.start('bob', options);
  scene.pass(100);
  return { alice, bob };
}

/** A time as a Go elector writes it, which is in none of our seals. */
export const GO_TIME = '2026-01-01T00:00:42.000000Z';

/** The longest deadline and budgets that a TTL of 10 s allows: answers can come very late. */
export const LONG_DEADLINE: MemberOptions = { renewDeadlineMs: 8_600, retryPeriodMs: 200 };
