/** What the elector writes on Pods. Services select by the label, so these never change. */
export { StatusLeader as STATUS_LEADER, StatusStandby as STATUS_STANDBY } from '../config/constants.ts';

export const STATUS_LABEL = 'k8s-elector/status';

/** The fencing token of the Pod's latest term. Stays when the term is over: only the label says who leads. */
export const TOKEN_ANNOTATION = 'k8s-elector/fencing-token';
