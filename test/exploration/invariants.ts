/**
 * What must hold in every reachable state, judged from outside by true time and by what really happened, never by what
 * the members believe. Numbered as in docs/internals/rules.md; where nothing is promised, `exemptions.ts` says so.
 */
import type { LockWrite } from '../../src/election/record.ts';
import type { Event, LocalInstant, State } from '../../src/election/state.ts';
import { type Draft, finds, memberAt, nameOf, own } from './draft.ts';
import { exemption } from './exemptions.ts';
import { goHolds } from './go-member.ts';
import { observedIn } from './lock-event.ts';
import { GO, originOf } from './register.ts';
import { profileAt, TICK_MS } from './setting.ts';
import { leaseTicksOf, nowOf, slotOf, type WriteMessage } from './world.ts';

/** S1, S7, S9, and work that goes on: at every instant. */
export function checkWorld(draft: Draft): void {
  const { setting, world } = draft;
  let leader = -1;
  for (let slot = 0; slot < world.members.length; slot += 1) {
    const member = memberAt(draft, slot);
    if (member.life !== 'alive') continue;
    const { role } = member.state;
    const now = nowOf(world, member);
    if (setting.election.isLeading(member.state, now)) {
      if (leader !== -1) finds(draft, `S1 ${nameOf(draft, leader)} and ${nameOf(draft, slot)} lead`);
      leader = slot;
      if (role.type === 'leader' && role.provenAt.monoMs > member.appliedSentMs) {
        finds(draft, `S7 ${nameOf(draft, slot)} counts from a send that was never applied`);
      }
      if (member.work !== 'running') finds(draft, `S9 ${nameOf(draft, slot)} leads without work`);
      if (member.interrupted) finds(draft, `S9 ${nameOf(draft, slot)} leads twice in one term`);
    } else if (role.type === 'leader' && !member.interrupted) {
      own(draft, slot).interrupted = true;
    }
    if (role.type === 'candidate' && member.work !== 'none') {
      finds(draft, `S9 ${nameOf(draft, slot)} campaigns while its last work goes on`);
    }
  }
  if (leader === -1) return;
  if (goHolds(draft)) finds(draft, `S1 ${nameOf(draft, leader)} leads beside the Go member`);
  // A tick is far more drift than the lapse budget allows for.
  if (setting.driftTicks > 0) return;
  for (let slot = 0; slot < world.members.length; slot += 1) {
    const other = memberAt(draft, slot);
    if (slot !== leader && other.work !== 'none' && workEndsInMs(draft, slot) > 0) {
      finds(draft, `S1 ${nameOf(draft, leader)} leads while ${nameOf(draft, slot)}'s work may still run`);
    }
  }
}

/** S4: a term begins only when every record of another has run out, was released, or rule 25 applies. */
export function checkTermStart(draft: Draft, slot: number, before: State): void {
  const { world, setting } = draft;
  const member = memberAt(draft, slot);
  const { proofHeld } = member.state;
  const sentMs = before.writing.inFlight?.sentAt.monoMs ?? Number.NEGATIVE_INFINITY;
  const sentTick = (sentMs - member.skewMs) / TICK_MS;
  for (const hold of world.holds) {
    const endsTick = hold.tick + leaseTicksOf(setting, hold.process) - setting.driftTicks;
    if (hold.process === member.process || endsTick <= sentTick) continue;
    const former = slotOf(hold.process) === slot && hold.pod === member.pod;
    if (former && proofHeld) continue;
    const whose = hold.process === GO ? 'the Go member' : nameOf(draft, slotOf(hold.process));
    const exempted = exemption(draft, member, hold, sentTick);
    if (exempted !== null) draft.exempted = exempted;
    else finds(draft, `S4 ${nameOf(draft, slot)} begins a term before ${whose}'s record has run out`);
    return;
  }
}

/** S5 and S11, when a write is applied to the lock as it stands. */
export function checkErased(draft: Draft, message: WriteMessage): void {
  const { world, setting } = draft;
  const before = world.lock.observed;
  const { record, seal } = message.write;
  if (before === null) {
    if (record.leaseTransitions !== 0) finds(draft, 'S11 a create counts transitions');
    return;
  }
  if (before.record === 'unreadable') return;
  const { by, tick } = originOf(before);
  const { holderIdentity, leaseTransitions } = before.record;
  // A takeover of unknown outcome may be settled by a release over the record that it was about to take (rule 31).
  const hadRunOut = world.tick >= tick + leaseTicksOf(setting, by) - setting.driftTicks;
  if (seal.released && holderIdentity !== '' && by !== message.process && !hadRunOut) {
    finds(draft, `S5 ${nameOf(draft, message.slot)}'s release erases another's record`);
  }
  const expected = leaseTransitions + (seal.released || holderIdentity === record.holderIdentity ? 0 : 1);
  if (record.leaseTransitions !== expected) {
    finds(draft, `S11 expected ${expected} transitions, got ${record.leaseTransitions}`);
  }
}

/** S14 and S10, when a write is sent. */
export function checkSent(draft: Draft, slot: number, write: LockWrite): void {
  const { process, work } = memberAt(draft, slot);
  if (draft.world.messages.some((it) => it.type === 'write' && it.process === process && !it.abandoned)) {
    finds(draft, `S14 ${nameOf(draft, slot)} has two writes in flight`);
  }
  if (write.seal.released && work !== 'none') {
    finds(draft, `S10 ${nameOf(draft, slot)} releases while its work goes on`);
  }
}

/** S8: not leading in the same turn in which another's record, another lock, its absence or a restore is learnt. */
export function checkLearnt(draft: Draft, slot: number, before: State, event: Event): void {
  const member = memberAt(draft, slot);
  if (!draft.setting.election.isLeading(member.state, nowOf(draft.world, member))) return;
  if (learntOfAnother(before, event, member.process)) {
    finds(draft, `S8 ${nameOf(draft, slot)} leads on after learning that the lock is not its own`);
  }
}

// ------------------------------------------------------------------------------------------------------- helpers

function learntOfAnother({ sight, reading, writing }: State, event: Event, process: number): boolean {
  const newest = sight.newestVersion === '' ? 0 : Number(sight.newestVersion);
  if (event.type === 'readAnswered') {
    const { inFlight } = reading;
    if (inFlight === null || inFlight.read !== event.read) return false;
    if (event.outcome.type === 'missing') return inFlight.newestAtSend === sight.newestVersion;
    if (event.outcome.type === 'found') {
      if (Number(event.outcome.observed.version) < Number(inFlight.newestAtSend)) return true;
    }
  }
  if (event.type === 'writeAnswered' && writing.inFlight?.attempt !== event.attempt) return false;
  if (event.type === 'watched' && event.event.type === 'gone') return Number(event.event.version) > newest;
  const observed = observedIn(event);
  return observed !== null && Number(observed.version) > newest && originOf(observed).by !== process;
}

/** How long its work may still go on, by what it has promised (rules 5 and 18). */
function workEndsInMs(draft: Draft, slot: number): number {
  const member = memberAt(draft, slot);
  const { role, wakeAtMs } = member.state;
  const { renewDeadlineMs, lapseBudgetMs } = profileAt(draft.setting, slot).timings;
  if (role.type !== 'leader' && role.type !== 'draining') return Number.NEGATIVE_INFINITY;
  const now = nowOf(draft.world, member);
  const elapsedMs = (since: LocalInstant) => Math.max(now.monoMs - since.monoMs, now.bootMs - since.bootMs);
  const lapsesInMs = renewDeadlineMs + lapseBudgetMs - elapsedMs(role.provenAt);
  if (role.type === 'leader') return lapsesInMs;
  const endsInMs = role.endsAtMs - role.since.monoMs - elapsedMs(role.since);
  // One that gives up renews meanwhile. Whether it could, it knows only once it has run.
  const mayHaveLapsed = role.cause === 'gave-up' && (member.paused || wakeAtMs <= now.monoMs);
  return mayHaveLapsed ? Math.min(endsInMs, lapsesInMs) : endsInMs;
}
