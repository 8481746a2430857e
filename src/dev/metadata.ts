/**
 * The part of an object that the API itself keeps: where it belongs, what identifies it, and how it is deleted. Plain
 * functions over `metadata`; the store decides when they apply.
 */
import { type Kind, namespaces, pods } from './kinds.ts';
import type { ApiObject, ObjectMeta } from './object.ts';
import type { JsonObject } from './status.ts';

/** On what condition an object is to be deleted, and how fast. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** For Pods on a node; 0 deletes at once. Default: the Pod's own, else 30. */
  readonly gracePeriodSeconds?: number;
}

export const namespaceMismatch =
  'the namespace of the provided object does not match the namespace sent on the request';

export function placeProblem(metadata: ObjectMeta, namespace: string, name: string): string | null {
  if (metadata.name === '') {
    return `the name of the object (${name} based on URL) was undeterminable: name must be provided`;
  }
  if (metadata.name !== name) {
    return `the name of the object (${metadata.name}) does not match the name on the URL (${name})`;
  }
  return namespaceMatches(metadata, namespace) ? null : namespaceMismatch;
}

export function namespaceMatches(metadata: ObjectMeta, namespace: string): boolean {
  return (metadata.namespace ?? namespace) === namespace;
}

export function preconditionProblem(metadata: ObjectMeta, { uid, resourceVersion }: Preconditions): string | null {
  if (uid !== undefined && uid !== metadata.uid) {
    return (
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
      'The object might have been deleted and then recreated'
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    return (
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
      `(${metadata.resourceVersion}). The object might have been modified`
    );
  }
  return null;
}

/** What an update cannot change: it is taken from the object that is there, whatever the request says. */
export function systemFields(current: ApiObject, wanted: ApiObject): JsonObject {
  const old = current.metadata;
  return {
    namespace: old.namespace,
    uid: wanted.metadata.uid ?? old.uid,
    resourceVersion: old.resourceVersion,
    generation: old.generation,
    creationTimestamp: old.creationTimestamp,
    deletionTimestamp: old.deletionTimestamp,
    deletionGracePeriodSeconds: old.deletionGracePeriodSeconds,
    selfLink: undefined,
  };
}

export function markDeleted(current: ApiObject, deletionTimestamp: string, graceSeconds: number): ObjectMeta {
  const old = current.metadata;
  const generation =
    old.generation === undefined ? {} : { generation: old.deletionTimestamp ? old.generation : old.generation + 1 };
  return { ...old, ...generation, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds };
}

/** Marked as deleted, and nothing holds it any longer. */
export function isReleased({ metadata }: ApiObject): boolean {
  const held = (metadata.finalizers ?? []).length > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
  return metadata.deletionTimestamp !== undefined && !held;
}

/** A Pod on a node is given time to stop; one that was never scheduled is not. */
export function graceOf(pod: ApiObject, wanted: number | undefined): number {
  const spec = (pod.spec ?? {}) as { nodeName?: unknown; terminationGracePeriodSeconds?: unknown };
  if (typeof spec.nodeName !== 'string') return 0;
  return wanted ?? (typeof spec.terminationGracePeriodSeconds === 'number' ? spec.terminationGracePeriodSeconds : 30);
}

export function defaultsOf(kind: Kind, object: ApiObject): JsonObject {
  if (kind === pods) return { status: object.status ?? { phase: 'Pending' } };
  if (kind === namespaces) return { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  return {};
}

/** Every namespace is labelled with its name, so that others can select it. */
export function labelsOf(kind: Kind, { name, labels }: ObjectMeta): JsonObject {
  return kind === namespaces ? { labels: { ...labels, 'kubernetes.io/metadata.name': name } } : {};
}

const firstFields = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

/** The fields of `metadata` in the order in which the real API writes them, without those that are not set. */
export function inOrder(metadata: JsonObject & { readonly name: string }): ObjectMeta {
  const ordered: Record<string, unknown> = {};
  for (const field of firstFields) if (metadata[field] !== undefined) ordered[field] = metadata[field];
  for (const field of Object.keys(metadata)) {
    if (metadata[field] !== undefined && !firstFields.includes(field)) ordered[field] = metadata[field];
  }
  return ordered as ObjectMeta;
}
