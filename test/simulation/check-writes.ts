/** S4, S5, S6, S11 to S15: every request that a member sends, and every change that it makes to the lock. */
import type { ApiObject } from '../../src/dev/object.ts';
import type { ApiRequestOptions } from '../../src/lock/api.ts';
import type { Fail, World } from './checks.ts';
import {
  foreignOf,
  isSeal,
  isWrittenBy,
  LEADER_ANNOTATION,
  LOCK_NAME,
  type LockView,
  SEAL_ANNOTATION,
  sameForeign,
  viewLock,
} from './lock-view.ts';
import type { Member, Sent } from './member.ts';

const LONGEST_TIMEOUT_MS = 10_000;
/** So much may be under way in one process at most. */
const MOST_TIMERS = 40;
const MOST_REQUESTS = 24;
/** The last number of Go's int32, where transitions stop growing. */
const LAST_INT32 = 2 ** 31 - 1;
/** Timers and clocks are not finer. */
const SLACK_MS = 2;

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const RECORD_TEXT =
  /^\{"holderIdentity":"[^"]*","leaseDurationSeconds":[1-9]\d*,"acquireTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","renewTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","leaderTransitions":\d+\}$/;

export class WriteChecks {
  readonly #world: World;
  readonly #fail: Fail;
  /** The write of the lock that each member has in flight. */
  readonly #inFlight = new Map<Member, Sent>();

  constructor(world: World, fail: Fail) {
    this.#world = world;
    this.#fail = fail;
  }

  sent(sent: Sent, { timeoutMs }: ApiRequestOptions): void {
    const { member, call } = sent;
    const who = member.process.title;
    // S15
    if (!(timeoutMs >= 0 && timeoutMs < LONGEST_TIMEOUT_MS + 1)) this.#fail('S15', `${who} waits ${timeoutMs} ms`);
    const { clock } = member.process;
    if (clock.pending > MOST_TIMERS) this.#fail('S15', `${who} has ${clock.pending} timers`);
    if (member.client.openRequests > MOST_REQUESTS) {
      this.#fail('S15', `${who} has ${member.client.openRequests} requests under way`);
    }
    if (member.client.openWatches > 1) this.#fail('S15', `${who} has ${member.client.openWatches} watches`);
    if (call.name !== LOCK_NAME || call.verb === 'get' || call.verb === 'list') return;
    // S6
    const metadata = (call.body?.metadata ?? {}) as { uid?: unknown; resourceVersion?: unknown };
    const uid = (metadata.uid ?? '') !== '';
    const version = (metadata.resourceVersion ?? '') !== '';
    if (call.verb === 'patch') this.#fail('S6', `${who} patches the lock`);
    if (call.verb === 'update' && (!uid || !version)) {
      this.#fail('S6', `${who} updates the lock without ${uid ? 'version' : 'uid'}`);
    }
    if (call.verb === 'create' && (uid || version)) {
      this.#fail('S6', `${who} creates the lock with a uid or version`);
    }
    // S14
    const before = this.#inFlight.get(member);
    if (before !== undefined && !before.answered && !before.abandoned) {
      this.#fail('S14', `${who} sends a write while another is in flight`);
    }
    this.#inFlight.set(member, sent);
  }

  forget(member: Member): void {
    this.#inFlight.delete(member);
  }

  committed(sent: Sent, before: ApiObject | null, after: ApiObject): void {
    const { member } = sent;
    const who = member.process.title;
    const is = viewLock(after);
    const was = before === null ? null : viewLock(before);
    this.#checkForm(who, after, is);
    if (this.#world.exemptions.holdAfterRollback(this.#world.agenda.nowMs)) return;
    if (before !== null && !sameForeign(before, after)) {
      this.#fail('S12', `${who} changed what is not its own: ${foreignOf(before)} to ${foreignOf(after)}`);
    }
    this.#checkTransitions(who, member, was, is);
    if (is.holder === '') this.#checkRelease(sent, was);
    else if (is.holder !== member.id) this.#fail('S4', `${who} writes the holder ${is.holder}`);
    else this.#checkTakeover(sent, was);
  }

  /** S5: a release erases the own record, or one that the writer might have taken: it fences its own lost takeover. */
  #checkRelease(sent: Sent, was: LockView | null): void {
    const { member } = sent;
    if (was === null || isWrittenBy(was, member.id, member.processId)) return;
    if (this.#mayTake(sent, was)) return;
    this.#fail('S5', `${member.process.title} erases the record of ${was.holder || 'nobody'} in v${was.version}`);
  }

  /** S4 */
  #checkTakeover(sent: Sent, was: LockView | null): void {
    const { member } = sent;
    const { exemptions, agenda, truth } = this.#world;
    if (was !== null && isWrittenBy(was, member.id, member.processId)) return;
    if (exemptions.holdAt(agenda.nowMs) || this.#mayTake(sent, was)) return;
    const earlyMs = Math.round(truth.takeableFromMs(member.plan.ttlMs) - sent.sentAtMs);
    this.#fail('S4', `${member.process.title} takes the lock of ${was?.holder || 'nobody'} ${earlyMs} ms too early`);
  }

  #mayTake(sent: Sent, was: LockView | null): boolean {
    const { member, sentAtMs } = sent;
    const { exemptions, agenda, truth } = this.#world;
    if (exemptions.holdAt(agenda.nowMs)) return true;
    if (sentAtMs + SLACK_MS >= truth.takeableFromMs(member.plan.ttlMs)) return true;
    // Rule 25: a dead process of the same Pod wrote it.
    const { seal, sealCounts, holder } = was ?? { seal: null, sealCounts: false, holder: '' };
    const { pod } = member.process;
    return (
      sealCounts &&
      isSeal(seal) &&
      holder === member.id &&
      seal.podUid !== '' &&
      seal.podUid === pod.uid &&
      sent.hadProof &&
      !this.#world.members().some((it) => it.processId === seal.processId && (it.process.alive || it.work.outlives))
    );
  }

  /** S11 */
  #checkTransitions(who: string, { id }: Member, was: LockView | null, is: LockView): void {
    let expected = 0;
    if (was !== null) {
      if (!was.readable || was.transitions < 0) return;
      expected = is.holder === '' || was.holder === id ? was.transitions : was.transitions + 1;
    }
    expected = Math.min(expected, LAST_INT32);
    if (is.transitions !== expected) {
      this.#fail('S11', `${who} writes ${is.transitions} transitions instead of ${expected}`);
    }
  }

  /** S13 */
  #checkForm(who: string, object: ApiObject, view: LockView): void {
    const { spec, metadata } = object as { spec?: Record<string, unknown>; metadata: ApiObject['metadata'] };
    const annotations = metadata.annotations ?? {};
    const ok =
      spec === undefined
        ? RECORD_TEXT.test(annotations[LEADER_ANNOTATION] ?? '')
        : MICRO_TIME.test(String(spec.acquireTime)) && MICRO_TIME.test(String(spec.renewTime));
    const duration = view.durationSeconds ?? 0;
    const seal = annotations[SEAL_ANNOTATION];
    if (ok && duration >= 1 && view.sealCounts && !seal?.includes('\n') && (view.holder !== '' || duration === 1))
      return;
    this.#fail('S13', `${who} writes a record that is not well formed: ${JSON.stringify(view.written)}`);
  }
}
