/**
 * What a key says of a member's election. A new field of its state belongs into one of these tables: written, or left
 * out because no decision is made from it.
 */
import type { Observed } from '../../../src/election/record.ts';
import type {
  Attempt,
  LosingCause,
  ReadInFlight,
  Reading,
  Role,
  Sight,
  State,
  Term,
  WatchState,
  Writing,
} from '../../../src/election/state.ts';
import { may } from '../nuisances.ts';
import { originOf } from '../register.ts';
import { type Fields, leftOut, writerOf } from './fields.ts';
import { type KeyWriter, NONE, processNumber } from './writer.ts';

/** So that a sight, an attempt or a watch can be judged by the state that it is part of. */
let whole: State;

const STATE: Fields<State> = {
  config: leftOut('it is what the member began with'),
  candidacy: (it, to) => to.flags(it.candidacy, it.proofHeld),
  proofHeld: leftOut('written with the candidacy'),
  wakeAtMs: (it, to) => to.due(it.wakeAtMs),
  sight: ({ sight }, to) => writeSight(sight, to),
  reading: ({ reading }, to) => writeReading(reading, to),
  writing: ({ writing }, to) => writeWriting(writing, to),
  role: ({ role }, to) => writeRole(role, to),
  terms: leftOut('terms are numbered from here'),
  former: leftOut('only the label asks for it'),
  announcedLeader: leftOut('only reported'),
};

const SIGHT: Fields<Sight> = {
  presence: (it, to) => to.put(PRESENCES.indexOf(it.presence)),
  known: (it, to) => to.sight(it.known),
  newestVersion: (it, to) => to.versionText(it.newestVersion),
  lastUid: (it, to) => {
    if (it.lastUid === '') to.put(NONE);
    else to.uid(Number(it.lastUid.slice(4)));
  },
  everSeen: (it, to) => to.flags(it.everSeen, it.sealKnown, it.namesakeSinceMs !== null),
  sealKnown: leftOut('written with everSeen'),
  // The receipt matters through the expiry alone.
  changedAtMs: (it, to) => {
    if (it.known !== null) to.due(it.changedAtMs + durationMs(it.known));
  },
  lot: leftOut('all lots are 0 here'),
  lastDurationMs: (it, to) => to.put(it.lastDurationMs),
  floorAtMs: (it, to) => to.due(it.floorAtMs),
  doubtedReadAtMs: (it, to) => to.dueOrNone(it.doubtedReadAtMs),
  namesakeRenewals: (it, to) => to.put(Math.min(it.namesakeRenewals, 2)),
  namesakeSinceMs: leftOut('since when is only shown'),
  leaderlessSinceMs: leftOut('only shown'),
};

const READING: Fields<Reading> = {
  inFlight: ({ inFlight }, to) => {
    if (inFlight === null) to.put(-1);
    else writeRead(inFlight, to);
  },
  lastRead: leftOut('reads are numbered from here'),
  mode: (it, to) => to.put(MODES.indexOf(it.mode)),
  watch: ({ watch }, to) => {
    if (watch === null) to.put(-1);
    else writeWatch(watch, to);
  },
  lastWatch: leftOut('watches are numbered from here'),
  dueAtMs: (it, to) => to.due(it.dueAtMs),
  listAgainAtMs: leftOut('who may not list is refused at once'),
  failures: leftOut('a backoff is below one tick, whatever the count'),
  watchFailures: leftOut('a backoff is below one tick, whatever the count'),
  trouble: leftOut('only reported'),
};

const READ: Fields<ReadInFlight> = {
  read: leftOut('reads are numbered from here'),
  via: (it, to) => to.flags(it.via === 'get', it.overtaken),
  overtaken: leftOut('written with via'),
  deadlineAtMs: (it, to) => to.due(it.deadlineAtMs),
  newestAtSend: (it, to) => to.versionText(it.newestAtSend),
};

/** Below this a watch that ends has something wrong (reading.ts). */
const HEALTHY_WATCH_MS = 30_000;

const WATCH: Fields<WatchState> = {
  watch: leftOut('watches are numbered from here'),
  resumeFrom: leftOut('what a member has not heard yet is kept for it'),
  delivered: leftOut('a watch here delivers in order'),
  openedAtMs: (it, to) => to.due(may(to.world.left, 'watch') ? it.openedAtMs + HEALTHY_WATCH_MS : 0),
  signAtMs: (it, to) => to.past(it.signAtMs, 2 * to.setting.leaseTicks),
};

const WRITING: Fields<Writing> = {
  lastAttempt: (it, to) => to.attempt(processNumber(whole), it.lastAttempt),
  inFlight: ({ inFlight }, to) => {
    if (inFlight === null) to.put(-1);
    else writeAttempt(inFlight, to);
  },
  unresolved: (it, to) => writeUnresolved(it.unresolved, to),
  failures: leftOut('a backoff is below one tick, whatever the count'),
  // Writes are upon the newest version known: an older one is not refused again.
  refusedVersion: (it, to) => to.flags(it.refusedVersion !== '' && it.refusedVersion === whole.sight.known?.version),
  backoffUntilMs: (it, to) => to.due(it.backoffUntilMs),
  retryAtMs: (it, to) => to.due(it.retryAtMs),
  trouble: leftOut('only reported'),
};

const ATTEMPT: Fields<Attempt> = {
  attempt: (it, to) => to.attempt(processNumber(whole), it.attempt),
  purpose: (it, to) => to.put(PURPOSES.indexOf(it.purpose)),
  on: (it, to) => to.sight(it.on),
  sentAt: (it, to) => to.instant(it.sentAt, to.setting.deadlineTicks + 1),
  deadlineAtMs: (it, to) => to.due(it.deadlineAtMs),
  term: (it, to) => to.put(it.term === 0 ? NONE : it.term - whole.terms),
  overtaken: (it, to) => to.flags(it.overtaken),
};

type RoleOf<Type extends Role['type']> = Extract<Role, { readonly type: Type }>;

const CANDIDATE: Fields<RoleOf<'candidate'>> = {
  type: (_, to) => to.put(0),
  restUntilMs: (it, to) => to.due(it.restUntilMs),
};

const TERM: Fields<Term> = {
  term: leftOut('the last one'),
  token: leftOut('only shown'),
  acquiredAt: (it, to) => to.phaseSince(it.acquiredAt),
};

const LEADER: Fields<RoleOf<'leader'>> = {
  type: (_, to) => to.put(1),
  term: ({ term }, to) => writeTerm(term, to),
  // Beyond the renew deadline and the lapse budget nothing more can pass.
  provenAt: (it, to) => to.instant(it.provenAt, to.setting.deadlineTicks + 2),
  renewAtMs: (it, to) => to.due(it.renewAtMs),
};

/** Its instants count from its beginning, by the clock that went further. */
const DRAINING: Fields<RoleOf<'draining'>> = {
  type: (_, to) => to.put(2),
  term: ({ term }, to) => writeTerm(term, to),
  cause: (it, to) => to.put(CAUSES.indexOf(it.cause)),
  exit: (it, to) => to.flags(it.exit, it.killed, it.workStopped),
  killed: leftOut('written with exit'),
  workStopped: leftOut('written with exit'),
  provenAt: (it, to) => to.instant(it.provenAt, to.setting.deadlineTicks + 2),
  renewAtMs: (it, to) => to.due(it.renewAtMs),
  since: leftOut('the others count from it'),
  holdUntilMs: (it, to) => to.due(it.holdUntilMs - to.aheadMs(it.since)),
  killAtMs: (it, to) => to.due(it.killAtMs - to.aheadMs(it.since)),
  endsAtMs: (it, to) => to.due(it.endsAtMs - to.aheadMs(it.since)),
  stuckAtMs: (it, to) => to.due(it.stuckAtMs - to.aheadMs(it.since)),
};

const LABELLING: Fields<RoleOf<'labelling'>> = {
  type: (_, to) => to.put(3),
  term: leftOut('the last one'),
  cause: (it, to) => to.put(CAUSES.indexOf(it.cause)),
  exit: (it, to) => to.flags(it.exit),
  deadlineAtMs: (it, to) => to.due(it.deadlineAtMs),
  releaseBeforeMs: (it, to) => to.due(it.releaseBeforeMs),
};

const RELEASING: Fields<RoleOf<'releasing'>> = {
  type: (_, to) => to.put(4),
  cause: (it, to) => to.put(CAUSES.indexOf(it.cause)),
  exit: (it, to) => to.flags(it.exit),
  deadlineAtMs: (it, to) => to.due(it.deadlineAtMs),
};

// ------------------------------------------------------------------------------------------------------- writing

const writeFields = writerOf(STATE);
const writeSight = writerOf(SIGHT);
const writeReading = writerOf(READING);
const writeRead = writerOf(READ);
const writeWatch = writerOf(WATCH);
const writeWriting = writerOf(WRITING);
const writeAttempt = writerOf(ATTEMPT);
const writeCandidate = writerOf(CANDIDATE);
const writeTerm = writerOf(TERM);
const writeLeader = writerOf(LEADER);
const writeDraining = writerOf(DRAINING);
const writeLabelling = writerOf(LABELLING);
const writeReleasing = writerOf(RELEASING);

const PRESENCES: readonly Sight['presence'][] = ['unknown', 'present', 'gone'];
const MODES: readonly Reading['mode'][] = ['watching', 'polling', 'probing'];
const PURPOSES: readonly Attempt['purpose'][] = ['acquire', 'renew', 'release'];
const CAUSES: readonly LosingCause[] = ['lost', 'gave-up', 'lost-giving-up'];

export function writeState(state: State, to: KeyWriter): void {
  whole = state;
  writeFields(state, to);
}

function writeRole(role: Role, to: KeyWriter): void {
  switch (role.type) {
    case 'candidate':
      writeCandidate(role, to);
      return;
    case 'leader':
      writeLeader(role, to);
      return;
    case 'draining':
      writeDraining(role, to);
      return;
    case 'labelling':
      writeLabelling(role, to);
      return;
    case 'releasing':
      writeReleasing(role, to);
      return;
    case 'stuck':
      to.put(5);
      return;
    case 'ended':
      to.put(6);
      return;
  }
}

/**
 * A renewal counts while its term does, a create until it is overtaken; of all others only matters that they are there
 * and upon which version.
 */
function writeUnresolved(unresolved: readonly Attempt[], to: KeyWriter): void {
  const { role } = whole;
  const keeps = role.type === 'leader' || (role.type === 'draining' && role.cause === 'gave-up');
  let last = -1;
  for (const it of unresolved) {
    if (it.on === null || (keeps && it.purpose === 'renew' && it.term === role.term.term)) {
      writeAttempt(it, to);
      continue;
    }
    const { change } = originOf(it.on);
    if (change === last) continue;
    last = change;
    to.put(-2);
    to.sight(it.on);
  }
  to.put(-3);
}

/** As rule 6 has it. */
function durationMs({ record, seal, sealMatches }: Observed): number {
  const ownMs = whole.config.timings.leaseDurationMs;
  if (record === 'unreadable') return ownMs;
  const { leaseDurationSeconds: seconds } = record;
  const recordMs = seconds !== null && seconds > 0 ? seconds * 1000 : ownMs;
  const counts = seal !== null && seal !== 'unreadable' && sealMatches.renewTime && sealMatches.transitions;
  return Math.max(recordMs, counts ? seal.leaseDurationSeconds * 1000 : 0);
}
