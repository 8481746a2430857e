/**
 * What must come true once faults have ended: L1, L2, L3 and L5 of rules.md. All live members agree on one leader and
 * every label says so; then nobody steps down for no reason; then the leader is lost in one way or another, and the
 * next one must come as soon as the rules promise. (L4 is looked at all along; L6 is that others are in the fleet.)
 */
import { pods } from '../../src/dev/kinds.ts';
import { isJsonObject } from '../../src/lock/json.ts';
import { STATUS_LABEL } from '../../src/outlets/label-names.ts';
import { LONGEST_DELAY_MS } from './chances.ts';
import { viewLock } from './lock-view.ts';
import type { Member } from './member.ts';
import type { Pod } from './process.ts';
import { editLabels } from './upheaval.ts';
import type { Simulation } from './world.ts';

/** Where nothing is measured, and where it is. */
const LOOK_EVERY_MS = 1000;
const LOOK_CLOSELY_EVERY_MS = 250;
/** A patch of unknown outcome is repeated after a minute; a missing right or Pod is looked at again after one. */
const LABELS_SETTLE_MS = 60_000;

export async function liveOn(world: Simulation): Promise<void> {
  endFaults(world);
  const { truth } = world.checks;
  const longestDrainMs = Math.max(...world.plan.members.map((it) => it.drainBudgetMs));
  const withinMs = 4 * truth.longestMs + longestDrainMs + LONGEST_DELAY_MS + 2 * LABELS_SETTLE_MS;
  if (!(await settle(world, withinMs))) return;
  // What was on the way when faults ended may still arrive.
  await world.runUntil(world.agenda.nowMs + LONGEST_DELAY_MS);
  if (world.checks.violation !== null || !(await settle(world, withinMs))) return;
  if (!(await holdStill(world, Math.max(truth.longestMs, 20_000)))) return;
  await loseTheLeader(world);
}

function endFaults(world: Simulation): void {
  world.faults.on = false;
  world.note(() => '!! all faults end');
  for (const { work } of world.members()) work.endChild();
  for (const process of world.processes()) {
    process.disarm();
    process.line.upCut = false;
    process.line.downCut = false;
    process.line.outage = null;
    process.line.denied.clear();
    if (process.pod.machine.suspended) process.pod.machine.resume();
    if (process.paused) process.resume();
  }
  const ids = new Set<string>();
  for (const member of world.liveMembers()) {
    const { plan, process, participant } = member;
    // Of those that share an id, one stays.
    if (process.pod.name !== plan.name || ids.has(plan.name)) {
      world.kill(member);
      continue;
    }
    ids.add(plan.name);
    if (!plan.canWatch) for (const verb of ['list', 'watch']) process.line.denied.add(`${verb} ${world.plan.lockKind}`);
    member.candidacy = true;
    // After what still waited for a process that stood still.
    world.agenda.in(1, () =>
      process.deliver(() => {
        member.work.finish();
        participant.setCandidacy(true, 'well');
      }),
    );
  }
  for (const go of world.liveGoMembers()) if (go.plan.id !== go.plan.name) go.die();
  world.restorePods();
}

/** One leader, known to all and shown by every label. */
async function settle(world: Simulation, withinMs: number): Promise<boolean> {
  let amiss: Amiss | null = null;
  const isWell = () => {
    amiss = whatIsAmiss(world);
    return amiss === null;
  };
  const settled = await lookUntil(world, withinMs, isWell, LOOK_EVERY_MS);
  const found = amiss as Amiss | null;
  if (!settled && found !== null)
    world.checks.fail(found.invariant, `${found.message}, ${withinMs} ms after the last fault`);
  return settled;
}

/** L3: without faults nobody steps down. */
async function holdStill(world: Simulation, forMs: number): Promise<boolean> {
  const [leader] = world.checks.leading.leadersNow();
  if (leader === undefined) return true;
  const term = leader.view().term;
  const isLost = () => {
    const view = leader.view();
    return !leader.process.alive || !view.isLeading || view.term !== term;
  };
  const lost = await lookUntil(world, forMs, isLost, LOOK_EVERY_MS);
  if (lost) world.checks.fail('L3', `${leader.process.title} stopped leading though nothing was wrong`);
  return !lost && world.checks.violation === null;
}

/** L1: the next leader comes in time. */
async function loseTheLeader(world: Simulation): Promise<void> {
  const [leader] = world.checks.leading.leadersNow();
  const { truth } = world.checks;
  const random = world.random.fork('exam');
  const lock = world.cluster.lock();
  if (leader === undefined || lock === null) return;
  const others = world.liveMembers().filter((it) => it !== leader && it.candidacy);
  const roundTripMs = 60 * world.plan.latencyMs + 150;
  const { plan, process } = leader;
  const way = random.pick(['crash', 'terminate', 'restart', 'step-down'] as const);
  world.note(() => `!! exam: ${way} of ${process.title}`);
  // Whoever watches comes at once; whoever polls, at its next look.
  const watching = others.some((it) => it.client.openWatches > 0);
  const pollMs = watching ? 0 : Math.max(0, ...others.map((it) => 2.25 * it.plan.retryPeriodMs), goPollMs(world));
  const next = () => {
    const [now] = world.checks.leading.leadersNow();
    return (now !== undefined && now !== leader) || goHolds(world);
  };
  if (way === 'terminate' || way === 'step-down') {
    if (way === 'terminate') world.terminate(leader, null);
    else leader.process.deliver(() => leader.participant.giveUp('step down', false));
    const released = () => viewLock(world.cluster.lock() ?? {}).holder !== leader.id;
    const inMs = (plan.drainBudgetMs + 5_000) * 1.02;
    // Looked at with every event: somebody else has it the next moment.
    await world.runUntil(world.agenda.nowMs + inMs, released);
    if (!released()) return world.checks.fail('L1', `${process.title} does not release`);
    if (others.length === 0 && world.liveGoMembers().length === 0) return;
    // Rule 21: the one that stepped down rests, so that whoever watches gets it; a poller may come too late.
    const again = () => way === 'step-down' && leader.view().isLeading;
    await expectLeader(world, roundTripMs + pollMs, () => next() || again(), 'a release');
    if (again() && watching) world.checks.fail('L1', `${process.title} leads again though it stepped down for another`);
  } else {
    world.kill(leader);
    if (world.plan.faults.has('edit-labels')) keepEditingLabels(world, plan.ttlMs / 4, next);
    if (way === 'restart') world.restartNow(leader);
    const sealed = way === 'restart' && plan.hasPodUid;
    if (others.length === 0 && way === 'crash' && world.liveGoMembers().length === 0) return;
    // What it sent last may still arrive.
    if (!(await lookUntil(world, roundTripMs, next)) && world.checks.violation === null) {
      const leftMs = Math.max(0, truth.changedAtMs + waitMs(world, lock) * 1.0102 - world.agenda.nowMs);
      const withinMs = roundTripMs + 2 * pollMs + (sealed ? 0 : leftMs);
      await expectLeader(world, withinMs, next, sealed ? 'a restart in the same Pod' : 'a crash');
    }
  }
  if (world.checks.violation === null) await settle(world, 2 * truth.longestMs + 2 * LABELS_SETTLE_MS);
}

/** A controller that never rests: no reason to wait longer for a leader (rule 6). */
function keepEditingLabels(world: Simulation, everyMs: number, isEnough: () => boolean): void {
  let edits = 0;
  const edit = () => {
    if (isEnough() || edits > 100) return;
    editLabels(world, `again-${++edits}`);
    world.agenda.in(everyMs, edit);
  };
  world.agenda.in(everyMs, edit);
}

async function expectLeader(world: Simulation, withinMs: number, next: () => boolean, after: string): Promise<void> {
  if (await lookUntil(world, withinMs, next)) return;
  world.checks.fail('L1', `no leader ${Math.round(withinMs)} ms after ${after}; ${world.describeLock()}`);
}

/** How long the slowest must wait who may come first: 0.17 waits its own duration, and times are whole seconds there. */
function waitMs(world: Simulation, lock: object): number {
  const view = viewLock(lock as Parameters<typeof viewLock>[0]);
  const recordMs = (view.durationSeconds ?? 0) * 1000;
  const ours = world.liveMembers().length > 1;
  return ours ? recordMs : Math.max(recordMs, ...world.liveGoMembers().map((it) => it.plan.leaseDurationMs));
}

function goPollMs(world: Simulation): number {
  return Math.max(0, ...world.liveGoMembers().map((it) => 2.25 * it.plan.retryPeriodMs + it.plan.requestTimeoutMs));
}

function goHolds(world: Simulation): boolean {
  const { lock, writer } = world.checks.truth;
  return writer?.type === 'go' && lock !== null && lock.holder !== '' && writer.process.alive;
}

/** True when it came to be in time; false at the end of time or after a violation. */
async function lookUntil(
  world: Simulation,
  withinMs: number,
  isSo: () => boolean,
  everyMs = LOOK_CLOSELY_EVERY_MS,
): Promise<boolean> {
  const endsAtMs = world.agenda.nowMs + withinMs;
  while (world.checks.violation === null) {
    if (isSo()) return true;
    if (world.agenda.nowMs >= endsAtMs) return false;
    await world.runUntil(Math.min(endsAtMs, world.agenda.nowMs + everyMs));
  }
  return false;
}

interface Amiss {
  readonly invariant: string;
  readonly message: string;
}

function whatIsAmiss(world: Simulation): Amiss | null {
  const leaders = world.checks.leading.leadersNow();
  const [leader] = leaders;
  const go = goHolds(world) ? (world.checks.truth.lock?.holder ?? '') : '';
  if (leader === undefined && go === '') return { invariant: 'L1', message: `nobody leads; ${world.describeLock()}` };
  const id = leader?.id ?? go;
  for (const member of world.liveMembers()) {
    const view = member.view();
    const { title } = member.process;
    if (view.phase !== 'leading' && view.phase !== 'standby')
      return { invariant: 'L2', message: `${title} is ${view.phase}` };
    if (view.leader !== id) {
      return { invariant: 'L2', message: `${title} knows the leader '${view.leader}' instead of '${id}'` };
    }
    if (view.trouble !== null) return { invariant: 'L2', message: `${title}: ${JSON.stringify(view.trouble)}` };
  }
  for (const pod of world.podsThere()) {
    if (pod.labelUnsure) continue;
    // Another elector puts nobody's label right.
    const lives = world.liveMembers().some((it) => it.process.pod === pod);
    if (leader === undefined && !lives) continue;
    const wrong = labelAmiss(world, pod, leader);
    if (wrong !== null) return { invariant: 'L5', message: wrong };
  }
  return null;
}

function labelAmiss(world: Simulation, pod: Pod, leader: Member | undefined): string | null {
  const answer = world.cluster.store.get(pods, 'default', pod.name);
  const { labels } = isJsonObject(answer.body.metadata) ? answer.body.metadata : {};
  const label = isJsonObject(labels) ? labels[STATUS_LABEL] : undefined;
  const expected = leader?.process.pod === pod ? 'leader' : 'standby';
  return label === expected ? null : `the Pod ${pod.name} is labelled ${String(label)}, not ${expected}`;
}
