/** Pods as the label needs them: how to address one, and reading the little of it that counts. */
import type { Clock } from '../clock.ts';
import type { Api, ApiAnswer, Resource } from '../lock/api.ts';
import { isJsonObject, type JsonObject } from '../lock/json.ts';
import type { Logger } from '../logger.ts';
import { STATUS_LABEL } from './label-names.ts';

/** `uid` is empty where it is not known; then a late patch could hit a new Pod of the same name. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What keeping labels needs. */
export interface PodLabelOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pod: PodRef;
  /** Asked at the moment of labelling: a view may be old by then. */
  readonly isLeading: () => boolean;
}

export const PODS: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

export function backoffMs(failures: number, longestMs = LONGEST_RETRY_MS): number {
  return Math.min(FIRST_RETRY_MS * 2 ** failures, longestMs);
}

export function podPath({ namespace, name }: PodRef): string {
  return `pods/${namespace}/${name}`;
}

export function metadataOf(pod: JsonObject): JsonObject {
  return isJsonObject(pod.metadata) ? pod.metadata : {};
}

/** The value of the status label, whatever it is. */
export function statusOf(pod: JsonObject): unknown {
  const { labels } = metadataOf(pod);
  return isJsonObject(labels) ? labels[STATUS_LABEL] : undefined;
}

/** Why an answer is not what was hoped for, in the API's words where there are any. */
export function describeAnswer(answer: ApiAnswer): string {
  if (answer.type === 'ok') return `the cluster answered with the label ${JSON.stringify(statusOf(answer.body))}`;
  return answer.type === 'error' ? `${answer.code} ${answer.status?.message ?? answer.message}` : answer.message;
}
