/** The library's table of contents. */
export { EnvPodName, ResourcePathPodLabel, StatusLeader, StatusStandby } from './config/constants.ts';
export { ElectorConfig } from './config/elector-config.ts';
export type { ElectorOptions } from './config/options.ts';
export { compareVersions } from './election/record.ts';
export type { FencingToken, FormerLeader, Phase, Trouble, View } from './election/view.ts';
export { type Leadership, LeadershipOver, type LeaderWork } from './elector/work-function.ts';
export { ElectorNode, type ElectorParts, observe } from './elector-node.ts';
export { ElectorError, type ElectorErrorCode } from './errors.ts';
export type { ExplicitConnection } from './kube/explicit.ts';
export type { LogFields, Logger } from './logger.ts';
