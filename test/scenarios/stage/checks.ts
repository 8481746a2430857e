/**
 * What can be said of a story that was told: each check is computed from what happened, in words for both outcomes, so
 * that the transcript's last lines are never written by hand.
 */
import { pods } from '../../../src/dev/kinds.ts';
import type { Actor } from './actor.ts';
import type { Fact } from './ledger.ts';
import { STATUS_LABEL } from './platform.ts';
import type { Scene } from './scene.ts';
import { inSeconds } from './transcript.ts';
import type { RequestWord } from './wording.ts';

export interface Finding {
  readonly holds: boolean;
  readonly text: string;
}

export type Check = (scene: Scene) => Finding;

function never(fact: Fact, good: string, bad: string): Check {
  return ({ ledger }) => {
    const [longest, ...more] = ledger.overlaps(fact);
    if (longest === undefined) return { holds: true, text: good };
    const { who, fromMs, toMs } = longest;
    const others = more.length === 0 ? '' : ` (and ${more.length} more times)`;
    const span = `${inSeconds(toMs - fromMs)} s, from ${inSeconds(fromMs)}`;
    return { holds: false, text: `${bad}: ${who.join(' and ')} for ${span}${others}` };
  };
}

export const neverTwoLead = never('leads', 'never two leaders', 'two led at once');
export const neverTwoWork = never('works', 'never two at work', 'two were at work at once');
export const neverTwoLabelled = never('labelled', 'never two Pods labelled leader', 'two Pods were labelled leader');

/** Between the first leader and the end, nobody led for no longer than this at a time. */
export function neverWithoutLeaderFor(ms: number): Check {
  return ({ ledger }) => {
    const longestMs = Math.max(0, ...ledger.gaps('leads').map(({ fromMs, toMs }) => toMs - fromMs));
    const text = longestMs < 0.5 ? 'somebody led at any time' : `nobody led for ${inSeconds(longestMs)} s`;
    return { holds: longestMs <= ms, text };
  };
}

/** What one answers, in the end, when asked who leads. */
export function names(asked: string, expected: string): Check {
  return (scene) => {
    const { leader } = actor(scene, asked).elector.answer();
    return { holds: leader === expected, text: `${asked} names ${leader === '' ? 'nobody' : leader} in the end` };
  };
}

/** Its leading ends no later than this after a mark. */
export function stopsWithin(ms: number, mark: string, name: string): Check {
  return ({ ledger, marks }) => {
    const fromMs = marks.get(mark) ?? 0;
    const term = ledger.spans('leads').find((span) => span.who === name && span.toMs >= fromMs);
    const tookMs = (term?.toMs ?? fromMs) - fromMs;
    return { holds: tookMs <= ms, text: `${name} stopped leading ${inSeconds(tookMs)} s after ${mark}` };
  };
}

/** From a mark of the story until the next leader. */
export function nextLeaderWithin(ms: number, mark: string): Check {
  return ({ ledger, marks, nowMs }) => {
    const fromMs = marks.get(mark);
    if (fromMs === undefined) throw new Error(`the story has no mark "${mark}"`);
    const next = ledger.spans('leads').find((span) => span.fromMs >= fromMs);
    const tookMs = (next?.fromMs ?? nowMs) - fromMs;
    const text =
      next === undefined
        ? `no leader ${inSeconds(tookMs)} s after ${mark}`
        : `${next.who} leads ${inSeconds(tookMs)} s after ${mark}`;
    return { holds: next !== undefined && tookMs <= ms, text };
  };
}

/** The last term of this one begins no later than this after a mark. */
export function leadsAgainWithin(ms: number, mark: string, name: string): Check {
  return ({ ledger, marks }) => {
    const fromMs = marks.get(mark) ?? 0;
    const last = ledger.spans('leads').findLast((span) => span.who === name && span.fromMs > fromMs);
    if (last === undefined) return { holds: false, text: `${name} never leads again` };
    const tookMs = last.fromMs - fromMs;
    return { holds: tookMs <= ms, text: `${name} leads again ${inSeconds(tookMs)} s after ${mark}` };
  };
}

/** Nobody reports that a leader without a name was elected. */
export const nobodyIsElected: Check = ({ actors }) => {
  const teller = actors.find(({ elector }) => elector.log.some((line) => /elected(:| leader=) ?$/.test(line)));
  if (teller === undefined) return { holds: true, text: 'no leader without a name is reported' };
  return { holds: false, text: `${teller.name} reports a leader without a name` };
};

/** So many requests of everybody together, at most. */
export function requestsAtMost(most: number): Check {
  return ({ actors }) => {
    const count = actors.reduce((sum, { elector }) => sum + elector.place.wording.requests.length, 0);
    return { holds: count <= most, text: `${count} requests altogether` };
  };
}

export function leadsInTheEnd(name: string): Check {
  return ({ ledger, actors }) => {
    const leaders = actors.filter((it) => ledger.is('leads', it.name)).map((it) => it.name);
    const text = leaders.length === 0 ? 'nobody leads in the end' : `${leaders.join(' and ')} leads in the end`;
    return { holds: leaders.join() === name, text };
  };
}

/** Nobody but hands takes the holder out of a record that is another's. */
export const nobodyErased: Check = ({ platform, actors }) => {
  const idOf = (who: string) => actors.find((it) => it.name === who)?.elector.id;
  const erased = platform.changes.find(
    ({ who, before, after }) => after === '' && before !== '' && idOf(who) !== undefined && before !== idOf(who),
  );
  if (erased === undefined) return { holds: true, text: "nobody erased another's record" };
  return { holds: false, text: `${erased.who} erased the record of ${erased.before}` };
};

/** So many terms began, and each that is over ended once. */
export function terms(name: string, expected: number): Check {
  return (scene) => {
    const { elector } = actor(scene, name);
    const { started, stopped } = elector.terms;
    const open = scene.ledger.is('works', elector.name) ? 1 : 0;
    const text = `${name}'s work was started ${times(started)} and stopped ${times(stopped)}`;
    return { holds: started === expected && stopped === started - open, text };
  };
}

/** What the label of a Pod says in the end. */
export function labelOf(pod: string, expected: string, namespace = 'default'): Check {
  return ({ platform }) => {
    const { body } = platform.store.get(pods, namespace, pod);
    const { labels } = (body as { metadata?: { labels?: Record<string, string> } }).metadata ?? {};
    const label = labels?.[STATUS_LABEL];
    return { holds: label === expected, text: `the label of Pod ${namespace}/${pod} says ${label ?? 'nothing'}` };
  };
}

/** Did somebody log this? */
export function logged(name: string, message: string): Check {
  return (scene) => {
    const { elector } = actor(scene, name);
    const holds = elector.log.some((line) => line.startsWith(message));
    return { holds, text: `${name} ${holds ? 'says' : 'never says'} "${message}"` };
  };
}

export function sent(name: string, expected: readonly RequestWord[]): Check {
  return (scene) => {
    const { requests } = actor(scene, name).elector.place.wording;
    return { holds: requests.join() === expected.join(), text: `${name} sent ${inRuns(requests)}` };
  };
}

function inRuns(words: readonly RequestWord[]): string {
  const runs: { readonly word: string; count: number }[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    if (last?.word === word) last.count += 1;
    else runs.push({ word, count: 1 });
  }
  return runs.map(({ word, count }) => (count === 1 ? word : `${word} (${count} times)`)).join(', ');
}

/** Fields of the lock's record in the end. */
export function recordIs(expected: {
  readonly holder?: string;
  readonly seconds?: number;
  readonly transitions?: number;
}): Check {
  return ({ platform }) => {
    const lock = platform.lock();
    if (lock === null) return { holds: false, text: 'there is no lock' };
    const { record } = platform.codec.decode(lock);
    if (record === 'unreadable') return { holds: false, text: 'the record cannot be read' };
    const { holderIdentity: holder, leaseDurationSeconds: seconds, leaseTransitions: transitions } = record;
    const holds =
      (expected.holder ?? holder) === holder &&
      (expected.seconds ?? seconds) === seconds &&
      (expected.transitions ?? transitions) === transitions;
    const by = holder === '' ? 'no holder' : `holder ${holder}`;
    return { holds, text: `the record has ${by}, ${seconds} s, transitions ${transitions}` };
  };
}

/** Anything else, in words for both outcomes. */
export function that(good: string, bad: string, holds: (scene: Scene) => boolean): Check {
  return (scene) => (holds(scene) ? { holds: true, text: good } : { holds: false, text: bad });
}

export function actor(scene: Scene, name: string): Actor {
  const found = scene.actors.find((it) => it.name === name);
  if (found === undefined) throw new Error(`nobody on the stage is called ${name}`);
  return found;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
