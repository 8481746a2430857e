/** What happens, told line by line in the style of docs/internals/traces.md. Called only where a story is wanted. */
import type { LockWrite, Observed } from '../../src/election/record.ts';
import type { Effect, Event } from '../../src/election/state.ts';
import { type Draft, nameOf, tells } from './draft.ts';
import { originOf } from './register.ts';
import type { WriteMessage } from './world.ts';

export function tellEvent(draft: Draft, slot: number, event: Event): void {
  if (draft.story === null) return;
  const what = eventText(event);
  if (what !== null) tells(draft, () => `  ${nameOf(draft, slot)} ${what}`);
}

export function tellEffect(draft: Draft, slot: number, effect: Effect): void {
  if (draft.story === null) return;
  const what = effectText(effect);
  if (what !== null) tells(draft, () => `    ${nameOf(draft, slot)} ${what}`);
}

export function tellWrite(draft: Draft, { slot, number, write, answer }: WriteMessage): void {
  if (draft.story === null || answer === null) return;
  const outcome =
    answer.type !== 'done'
      ? answer.type
      : answer.observed.version === write.on?.version
        ? `200, unchanged at v${answer.observed.version}`
        : `applied → v${answer.observed.version}`;
  tells(draft, () => `    ${nameOf(draft, slot)}'s write ${number} (${writeText(write)}): ${outcome}`);
}

export function lockText(observed: Observed | null): string {
  if (observed === null) return 'no lock';
  const { record, seal, version } = observed;
  if (record === 'unreadable') return `v${version} unreadable`;
  const holder = record.holderIdentity === '' ? 'vacant' : `held by ${record.holderIdentity}`;
  const sealed =
    seal === null || seal === 'unreadable' ? 'no seal' : seal.released ? 'released' : `attempt ${seal.attempt}`;
  return `v${version} ${holder}, ${sealed}${originOf(observed).emptied ? ', emptied by another' : ''}`;
}

// ------------------------------------------------------------------------------------------------------- helpers

function eventText(event: Event): string | null {
  switch (event.type) {
    case 'watched':
      if (event.event.type === 'gone') return `hears that the lock is gone (v${event.event.version})`;
      return event.event.type === 'present' ? `hears of ${lockText(event.event.observed)}` : null;
    case 'readAnswered':
      return event.outcome.type === 'found'
        ? `reads ${lockText(event.outcome.observed)}`
        : `reads: ${event.outcome.type}`;
    case 'writeAnswered':
      return `has the answer to write ${event.attempt}: ${event.outcome.type}`;
    case 'giveUp':
      return event.exit ? 'is asked to exit' : 'is asked to give up';
    case 'watchEnded':
      return `has its watch ended: ${event.message}`;
    case 'workStopped':
      return `'s work has stopped`;
    default:
      return null;
  }
}

function effectText(effect: Effect): string | null {
  switch (effect.type) {
    case 'write':
      return `sends write ${effect.attempt} (${writeText(effect.write)})`;
    case 'read':
      return `sends ${effect.via} ${effect.read}`;
    case 'abortWrite':
      return `gives up write ${effect.attempt}`;
    case 'report':
      switch (effect.report.type) {
        case 'started-leading':
          return `LEADS, term ${effect.report.term}, token ${effect.report.token.version}`;
        case 'stopped-leading':
          return `stops leading: ${effect.report.reason}`;
        case 'lock-gone':
        case 'lock-replaced':
        case 'lock-emptied':
          return `says ${effect.report.type} and waits`;
        case 'work-stuck':
        case 'not-released':
        case 'identity-collision':
        case 'rolled-back':
          return `says ${effect.report.type}`;
        default:
          return null;
      }
    default:
      return null;
  }
}

function writeText({ on, record, seal }: LockWrite): string {
  const upon = on === null ? 'create' : `on v${on.version}`;
  return seal.released ? `release ${upon}` : `${record.holderIdentity} ${upon}`;
}
