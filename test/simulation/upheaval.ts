/**
 * What happens to a world now and then: processes die, stop and come back, machines sleep, lines are cut, rights are
 * lost, hands reach into the lock. Each kind has its own stream of chance and its own rate.
 */
import type { ApiObject } from '../../src/dev/object.ts';
import type { JsonObject } from '../../src/lock/json.ts';
import { levelOf } from './chances.ts';
import { LEADER_ANNOTATION, LOCK_NAME, LOCK_NAMESPACE, SEAL_ANNOTATION } from './lock-view.ts';
import type { Member } from './member.ts';
import type { EventKind } from './plan.ts';
import { EVENTS, LEADER_LOSSES } from './plan.ts';
import type { SimProcess } from './process.ts';
import type { Random } from './random.ts';
import type { Simulation } from './world.ts';

const MINUTE_MS = 60_000;

export function scheduleUpheaval(world: Simulation, untilMs: number): void {
  for (const kind of EVENTS) {
    const perMinute = world.plan.faults.get(kind) ?? 0;
    if (perMinute === 0) continue;
    const random = world.random.fork(`upheaval ${kind}`);
    nowAndThen(world, perMinute, random, untilMs, () => happen(world, kind, random));
  }
  const { lossesPerMinute } = world.plan;
  if (lossesPerMinute === 0) return;
  const random = world.random.fork('losses');
  nowAndThen(world, lossesPerMinute, random, untilMs, () => {
    // While nobody leads, those who may are left in peace.
    const [leader] = world.checks.leading.leadersNow();
    if (leader !== undefined) happen(world, random.pick(LEADER_LOSSES), random, leader);
  });
}

function nowAndThen({ agenda }: Simulation, perMinute: number, random: Random, untilMs: number, act: () => void): void {
  agenda.in(random.waitMs(MINUTE_MS / perMinute), function next() {
    if (agenda.nowMs >= untilMs) return;
    act();
    agenda.in(random.waitMs(MINUTE_MS / perMinute), next);
  });
}

function happen(world: Simulation, kind: EventKind, random: Random, aimedAt: Member | null = null): void {
  const { agenda } = world;
  const spanMs = (leastMs: number, mostMs: number) => spanIn(world, random, leastMs, mostMs);
  const member = random.pickAny(world.liveMembers());
  const go = random.pickAny(world.liveGoMembers());
  // More often whoever leads: there it matters.
  const leader = aimedAt ?? (random.chance(0.5) ? (world.checks.leading.leadersNow()[0] ?? member) : member);
  switch (kind) {
    case 'crash':
      if (leader === null) return;
      crash(world, leader, random);
      return;
    case 'crash-at-await':
      leader?.process.dieWithin(1 + random.below(4), random.below(9), () => crash(world, leader, random));
      return;
    case 'replace-pod':
      if (leader === null) return;
      world.note(() => `!! the Pod of ${leader.process.title} is lost`);
      world.losePod(leader);
      world.startAnewIn(leader, spanMs(200, 30_000));
      return;
    case 'terminate':
      if (leader !== null) world.terminate(leader, spanMs(200, 30_000));
      return;
    case 'step-down':
      if (leader === null) return;
      world.note(() => `!! ${leader.process.title} is told to step down`);
      leader.process.deliver(() => leader.participant.giveUp('step down', false));
      return;
    case 'candidacy': {
      if (leader === null) return;
      leader.candidacy = !leader.candidacy;
      const on = leader.candidacy;
      world.note(() => `!! ${leader.process.title} ${on ? 'is well again' : 'is ill'}`);
      leader.process.deliver(() => leader.participant.setCandidacy(on, 'health'));
      return;
    }
    case 'pause':
      if (leader !== null) pause(world, leader.process, spanMs(5, 60_000));
      return;
    case 'pause-at-await': {
      const forMs = spanMs(5, 60_000);
      leader?.process.stopAtNextAwait(() => pause(world, leader.process, forMs));
      return;
    }
    case 'suspend':
      if (leader !== null) suspend(world, leader, spanMs(100, 120_000));
      return;
    case 'wall-step':
      member?.process.pod.machine.stepWall(random.pick([-1, 1]) * random.logBetween(10, 1e8));
      return;
    case 'partition': {
      const process = random.pickAny([
        ...(leader === null ? [] : [leader.process]),
        ...(go === null ? [] : [go.process]),
      ]);
      if (process === null) return;
      const way = random.pick(['up', 'down', 'both'] as const);
      const forMs = spanMs(200, 60_000);
      world.note(() => `!! ${process.title} is cut off (${way}) for ${Math.round(forMs)} ms`);
      process.line.upCut = way !== 'down';
      process.line.downCut = way !== 'up';
      world.unpromised.disturbed();
      agenda.in(forMs, () => {
        process.line.upCut = false;
        process.line.downCut = false;
      });
      return;
    }
    case 'outage': {
      const outage = { code: random.pick([429, 500, 502, 503, 504, 401]), applied: random.chance(0.3) };
      // What the API answers itself is true: 401 and 429 mean that nothing was applied.
      const honest = outage.code === 401 || outage.code === 429 ? { ...outage, applied: false } : outage;
      const forMs = spanMs(200, 40_000);
      const processes = random.chance(0.5) || leader === null ? world.processes() : [leader.process];
      world.note(() => `!! the API answers ${outage.code} for ${Math.round(forMs)} ms to ${processes.length}`);
      for (const process of processes) process.line.outage = honest;
      world.unpromised.disturbed();
      agenda.in(forMs, () => {
        for (const process of processes) process.line.outage = null;
      });
      return;
    }
    case 'rights': {
      if (leader === null) return;
      const { denied } = leader.process.line;
      const right = `${random.pick(['get', 'list', 'watch', 'create', 'update'])} ${world.plan.lockKind}`;
      const which = random.chance(0.2) ? 'patch pods' : right;
      if (denied.has(which)) return;
      const forMs = spanMs(500, 60_000);
      world.note(() => `!! ${leader.process.title} may not ${which} for ${Math.round(forMs)} ms`);
      denied.add(which);
      world.unpromised.disturbed();
      agenda.in(forMs, () => void denied.delete(which));
      return;
    }
    case 'compaction':
      world.cluster.store.expireHistory();
      return;
    case 'close-watches':
      world.note(() => '!! the API closes every watch');
      world.cluster.store.closeWatches();
      return;
    case 'twin':
      if (member !== null) world.startTwin(member);
      return;
    case 'namesake':
      if (member !== null) world.startNamesake(member);
      return;
    case 'go-crash':
      if (go === null) return;
      world.note(() => `!! ${go.process.title} crashes`);
      go.die();
      world.startGoAgainIn(go, spanMs(100, 30_000));
      return;
    case 'go-stop':
      if (go === null) return;
      world.note(() => `!! ${go.process.title} is told to stop`);
      go.cancel();
      world.startGoAgainIn(go, spanMs(1000, 60_000));
      return;
    default:
      reachIn(world, kind, random);
  }
}

/** How long something lasts. */
function spanIn({ plan }: Simulation, random: Random, leastMs: number, mostMs: number): number {
  return random.logBetween(leastMs, Math.min(mostMs, plan.longestMs));
}

function crash(world: Simulation, member: Member, random: Random): void {
  const againInMs = spanIn(world, random, 50, 30_000);
  const livesMs = spanIn(world, random, 50, 60_000);
  const childLives = random.next() < levelOf(world.faults, 'outliving-work');
  world.note(() => `!! ${member.process.title} crashes${childLives ? ', its child does not' : ''}`);
  world.kill(member, childLives ? livesMs : null);
  world.startAgainIn(member, againInMs);
}

function pause(world: Simulation, process: SimProcess, forMs: number): void {
  if (process.paused) return;
  world.note(() => `!! ${process.title} stands still for ${Math.round(forMs)} ms`);
  process.pause();
  world.unpromised.disturbed();
  world.agenda.in(forMs, () => {
    if (process.alive && process.paused && !process.pod.machine.suspended) process.resume();
  });
}

/** All processes of its Pod sleep, and wake together. */
function suspend(world: Simulation, { process }: Member, forMs: number): void {
  const { machine } = process.pod;
  if (machine.suspended || process.paused) return;
  world.note(() => `!! the machine of ${process.title} is suspended for ${Math.round(forMs)} ms`);
  machine.suspend();
  world.unpromised.disturbed();
  const sleepers = world.processes().filter((it) => it.pod.machine === machine && !it.paused);
  for (const sleeper of sleepers) sleeper.pause();
  world.agenda.in(forMs, () => {
    machine.resume();
    for (const sleeper of sleepers) if (sleeper.alive && sleeper.paused) sleeper.resume();
  });
}

// ------------------------------------------------------------------------------------------------ hands on the lock

type LockDeed = Extract<EventKind, `edit-${string}` | 'delete' | 'recreate' | 'rollback'>;

function reachIn(world: Simulation, deed: LockDeed, random: Random): void {
  const { cluster } = world;
  const lock = cluster.lock();
  const draw = random.next();
  const by = (act: Parameters<typeof cluster.by>[1]) => cluster.by({ type: 'hand', what: deed }, act);
  if (deed === 'rollback') {
    world.rollBack();
    return;
  }
  if (lock === null) return;
  switch (deed) {
    case 'delete':
      world.unpromised.lockIsDeleted();
      by((store) => store.remove(cluster.lockKind, LOCK_NAMESPACE, LOCK_NAME));
      return;
    case 'recreate': {
      world.unpromised.lockIsDeleted();
      by((store) => {
        store.remove(cluster.lockKind, LOCK_NAMESPACE, LOCK_NAME);
        const { kind, apiVersion } = lock;
        const bare = { kind, apiVersion, metadata: { name: LOCK_NAME, namespace: LOCK_NAMESPACE } };
        return store.create(cluster.lockKind, LOCK_NAMESPACE, bare);
      });
      return;
    }
    case 'edit-labels':
      editLabels(world, random.hex(4));
      return;
    case 'edit-empty':
      world.unpromised.lockIsEmptied(false);
      by(() => replace(world, edited(lock, { holderIdentity: draw < 0.5 ? '' : null })));
      return;
    case 'edit-wipe': {
      world.unpromised.lockIsEmptied(true);
      const { annotations: _, ...metadata } = lock.metadata;
      by(() => replace(world, { ...lock, metadata, ...(lock.kind === 'Lease' ? { spec: {} } : {}) }));
      return;
    }
    case 'edit-duration':
      // The seal still counts and says what the holder wrote; a longer one is respected. Go electors know no seal.
      if (world.liveGoMembers().length > 0) world.unpromised.lockIsForged();
      by(() => replace(world, edited(lock, { leaseDurationSeconds: random.pick([1, 2, 60, 90]) })));
      return;
    case 'edit-garbage':
      world.unpromised.lockIsForged();
      by(() => replace(world, garbage(lock, draw)));
      return;
  }
}

/** What controllers do to any object. */
export function editLabels(world: Simulation, touched: string): void {
  const lock = world.cluster.lock();
  if (lock === null) return;
  const object = { ...lock, metadata: { ...lock.metadata, labels: { touched } } };
  world.cluster.by({ type: 'hand', what: 'edit-labels' }, () => replace(world, object));
}

function replace(world: Simulation, object: JsonObject) {
  const { cluster } = world;
  const answer = cluster.store.update(cluster.lockKind, LOCK_NAMESPACE, LOCK_NAME, object);
  if (answer.code >= 300) world.note(() => `   refused: ${JSON.stringify(answer.body.message)}`);
  return answer;
}

/** The record with fields changed as a hand would change them; the seal stays. */
function edited(lock: ApiObject, fields: Record<string, unknown>): JsonObject {
  if (lock.kind === 'Lease') return { ...lock, spec: { ...(lock.spec as object), ...fields } };
  const annotations = lock.metadata.annotations ?? {};
  let record: object = {};
  try {
    record = JSON.parse(annotations[LEADER_ANNOTATION] ?? '{}') as object;
  } catch {
    // It was garbage before.
  }
  const text = JSON.stringify({ ...record, ...fields });
  return { ...lock, metadata: { ...lock.metadata, annotations: { ...annotations, [LEADER_ANNOTATION]: text } } };
}

function garbage(lock: ApiObject, draw: number): JsonObject {
  const time = '1970-01-01T00:00:00.000000Z';
  if (draw < 0.2) return edited(lock, { leaseTransitions: 2 ** 31 - 1, leaderTransitions: 2 ** 31 - 1 });
  if (draw < 0.4) return edited(lock, { holderIdentity: 'mallory', renewTime: time, leaseDurationSeconds: 30 });
  if (draw < 0.6) return edited(lock, { renewTime: '2100-01-01T00:00:00.000000Z', leaseDurationSeconds: 120 });
  const annotations = { ...lock.metadata.annotations };
  if (draw < 0.8) annotations[SEAL_ANNOTATION] = '{"processId":7}';
  else if (lock.kind !== 'Lease') annotations[LEADER_ANNOTATION] = 'not json';
  else return edited(lock, { leaseDurationSeconds: null, renewTime: null, leaseTransitions: null });
  return { ...lock, metadata: { ...lock.metadata, annotations } };
}
