/**
 * In which order a key tells of the members, so that worlds which differ in names alone have one key. It is decided by
 * what a member is and does. Members that this cannot tell apart stay in the order of their names: then two keys may
 * stand for what could be one, which costs time and hides nothing.
 */
import { type Setting, TICK_MS } from '../setting.ts';
import { incarnationOf, type Member, nowOf, type World } from '../world.ts';

const ROLES = ['candidate', 'leader', 'draining', 'labelling', 'releasing', 'stuck', 'ended'];
const LIVES = ['not-started', 'alive', 'dead', 'ended'];
const PRESENCES = ['unknown', 'present', 'gone'];
const FACTOR = 1_000_003;

export function orderOf(setting: Setting, world: World): readonly number[] {
  const slots = setting.members.map((_, slot) => slot);
  if (!setting.symmetric) return slots;
  const kinds = setting.members.map(({ kind }) => kind);
  const marks = world.members.map((member, slot) => markOf(setting, world, member, slot));
  return slots.sort((a, b) => (kinds[a] ?? 0) - (kinds[b] ?? 0) || (marks[a] ?? 0) - (marks[b] ?? 0));
}

/** A number that depends on what a key says of a member, and on nothing else. */
function markOf(setting: Setting, world: World, member: Member, slot: number): number {
  const { life, state, paused, cut, deaf } = member;
  let mark = LIVES.indexOf(life) * 8 + (paused ? 4 : 0) + (cut ? 2 : 0) + (deaf ? 1 : 0);
  const mix = (value: number) => {
    mark = (Math.imul(mark, FACTOR) ^ (value + 64)) | 0;
  };
  mix(incarnationOf(member.process));
  for (const hold of world.holds) if (hold.process === member.process) mix(world.tick - hold.tick);
  for (const message of world.messages) if (message.slot === slot) mix(message.stage.length + message.type.length);
  if (life !== 'alive') return mark;
  const { monoMs } = nowOf(world, member);
  const ticksTo = (atMs: number) => Math.ceil((atMs - monoMs) / TICK_MS);
  const due = (atMs: number) => Math.max(0, Math.min(50, ticksTo(atMs)));
  const { role, sight, reading, writing } = state;
  mix(ROLES.indexOf(role.type));
  mix(member.work.length * 8 + member.queue.length);
  mix(PRESENCES.indexOf(sight.presence));
  mix(sight.known === null ? 0 : sight.known === world.lock.observed ? 1 : 2);
  mix((writing.inFlight === null ? 0 : 1) + (reading.inFlight === null ? 0 : 2));
  mix(reading.watch === null ? 1 : Math.max(-2 * setting.leaseTicks, ticksTo(reading.watch.signAtMs)));
  mix(due(state.wakeAtMs));
  mix(due(sight.floorAtMs));
  mix(sight.lastDurationMs);
  mix(due(reading.dueAtMs));
  mix(writing.unresolved.length);
  return mark;
}
