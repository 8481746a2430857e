/**
 * What a well-formed object may not say: everything that the API answers with 422, for the kinds served here. Each
 * function returns all problems at once, in the order in which the real API names them. The contents of a Pod, of an
 * Endpoints' subsets and of owner references are not looked at.
 */
import { isDeepStrictEqual } from 'node:util';
import { configMaps, type Kind, leases, namespaces, pods } from './kinds.ts';
import {
  configKeyProblems,
  labelNameProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from './names.ts';
import type { ApiObject, ObjectMeta } from './object.ts';
import { type FieldProblem, invalidValue, type JsonObject } from './status.ts';

const annotationsLimitBytes = 256 * 1024;
const configMapLimitBytes = 1024 * 1024;

export function creationProblems(kind: Kind, object: ApiObject): FieldProblem[] {
  return [
    ...nameProblems(kind, object.metadata),
    ...metadataProblems(object.metadata, null),
    ...contentProblems(kind, object),
  ];
}

/** `updated` bears the current object's system fields already, but for a uid of its own. */
export function updateProblems(kind: Kind, updated: ApiObject, current: ApiObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (updated.metadata.uid !== current.metadata.uid) {
    problems.push(invalidValue('metadata.uid', quote(updated.metadata.uid ?? ''), 'field is immutable'));
  }
  problems.push(...metadataProblems(updated.metadata, current.metadata));
  if (kind === configMaps && current.immutable === true) problems.push(...immutableProblems(updated, current));
  return [...problems, ...contentProblems(kind, updated)];
}

function nameProblems(kind: Kind, metadata: ObjectMeta): FieldProblem[] {
  if (metadata.name === '') {
    const message = 'Required value: name or generateName is required';
    return [{ field: 'metadata.name', reason: 'FieldValueRequired', message }];
  }
  const problemsOf = kind === namespaces ? labelNameProblems : subdomainProblems;
  return problemsOf(metadata.name).map((why) => invalidValue('metadata.name', quote(metadata.name), why));
}

/** What stands in `current` already was looked at when it came there. */
function metadataProblems({ labels, annotations }: ObjectMeta, current: ObjectMeta | null): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (hasKey(current?.labels, key) && current?.labels?.[key] === value) continue;
    const at = (shown: string) => (why: string) => invalidValue('metadata.labels', quote(shown), why);
    problems.push(...qualifiedNameProblems(key).map(at(key)), ...labelValueProblems(value).map(at(value)));
  }
  for (const key of Object.keys(annotations ?? {})) {
    if (hasKey(current?.annotations, key)) continue;
    const at = (why: string) => invalidValue('metadata.annotations', quote(key), why);
    problems.push(...qualifiedNameProblems(key.toLowerCase()).map(at));
  }
  if (exceeds(Object.entries(annotations ?? {}), annotationsLimitBytes)) {
    problems.push(tooLong('metadata.annotations', annotationsLimitBytes));
  }
  return problems;
}

function hasKey(map: Readonly<Record<string, string>> | undefined, key: string): boolean {
  return map !== undefined && Object.hasOwn(map, key);
}

function contentProblems(kind: Kind, object: ApiObject): FieldProblem[] {
  switch (kind) {
    case leases:
      return leaseProblems(object.spec as JsonObject);
    case configMaps:
      return configMapProblems(object);
    case pods:
      return podProblems(object.spec);
    default:
      return [];
  }
}

function leaseProblems(spec: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
  if (typeof duration === 'number' && duration <= 0) {
    problems.push(invalidValue('spec.leaseDurationSeconds', String(duration), 'must be greater than 0'));
  }
  if (typeof transitions === 'number' && transitions < 0) {
    problems.push(invalidValue('spec.leaseTransitions', String(transitions), 'must be greater than or equal to 0'));
  }
  return problems;
}

function configMapProblems(object: ApiObject): FieldProblem[] {
  const data = Object.entries((object.data ?? {}) as Record<string, string>);
  const binaryData = Object.entries((object.binaryData ?? {}) as Record<string, string>);
  const problems: FieldProblem[] = [];
  for (const [key] of data) {
    const at = (why: string) => invalidValue(`data[${key}]`, quote(key), why);
    problems.push(...configKeyProblems(key).map(at));
    if (binaryData.some(([other]) => other === key)) problems.push(at('duplicate of key present in binaryData'));
  }
  for (const [key] of binaryData) {
    problems.push(...configKeyProblems(key).map((why) => invalidValue(`binaryData[${key}]`, quote(key), why)));
  }
  const values = data.concat(binaryData).map(([, value]) => ['', value] as const);
  if (exceeds(values, configMapLimitBytes)) problems.push(tooLong('[]', configMapLimitBytes));
  return problems;
}

/** The one rule of a Pod that a test which makes Pods by hand runs into. */
function podProblems(spec: unknown): FieldProblem[] {
  const containers = typeof spec === 'object' && spec !== null && 'containers' in spec ? spec.containers : null;
  if (Array.isArray(containers) && containers.length > 0) return [];
  return [{ field: 'spec.containers', reason: 'FieldValueRequired', message: 'Required value' }];
}

function immutableProblems(updated: ApiObject, current: ApiObject): FieldProblem[] {
  const changed = ['immutable', 'data', 'binaryData'].filter(
    (field) => !isDeepStrictEqual(updated[field], current[field]),
  );
  const message = 'Forbidden: field is immutable when `immutable` is set';
  return changed.map((field) => ({ field, reason: 'FieldValueForbidden', message }));
}

function tooLong(field: string, limitBytes: number): FieldProblem {
  return { field, reason: 'FieldValueTooLong', message: `Too long: may not be more than ${limitBytes} bytes` };
}

function exceeds(entries: readonly (readonly [string, string])[], limitBytes: number): boolean {
  const characters = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  // No character takes more than three bytes, so most need not be counted.
  if (3 * characters <= limitBytes) return false;
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return bytes > limitBytes;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
