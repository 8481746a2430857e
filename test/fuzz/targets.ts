/** All targets, cheap ones first. */
import * as answers from './api-answers.ts';
import * as config from './config.ts';
import * as credentials from './credentials.ts';
import * as hostile from './hostile-api.ts';
import { httpEndpoint } from './http-endpoint.ts';
import * as records from './records.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [
  ...[config.flags, config.settings, config.problemsTogether, config.durations, config.names, config.addresses],
  ...[records.records, records.seals, records.annotationTexts, records.times],
  ...[credentials.kubeconfig, credentials.serviceAccount, credentials.paths],
  ...[answers.lockAnswers, answers.watchEvents, answers.participant],
  ...[hostile.apiAnswers, hostile.apiWatch, httpEndpoint],
];
