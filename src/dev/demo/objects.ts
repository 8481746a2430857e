/** What the demo reads out of the objects of the embedded API. */
import type { JsonObject } from '../status.ts';
import type { LockSight } from './event.ts';

const STATUS_LABEL = 'k8s-elector/status';

/** Null for what is no Lease. */
export function lockOf(lease: JsonObject): LockSight | null {
  const spec = objectIn(lease, 'spec');
  const version = objectIn(lease, 'metadata')?.resourceVersion;
  if (spec === null || typeof version !== 'string') return null;
  return {
    holder: textOf(spec.holderIdentity),
    version,
    transitions: Number(spec.leaseTransitions ?? 0),
    durationMs: Number(spec.leaseDurationSeconds ?? 0) * 1000,
  };
}

export function statusLabelOf(pod: JsonObject): { readonly name: string; readonly label: string } {
  const metadata = objectIn(pod, 'metadata') ?? {};
  return { name: textOf(metadata.name), label: textOf(objectIn(metadata, 'labels')?.[STATUS_LABEL]) };
}

function objectIn(object: JsonObject, field: string): JsonObject | null {
  const value = object[field];
  return typeof value === 'object' && value !== null ? (value as JsonObject) : null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
