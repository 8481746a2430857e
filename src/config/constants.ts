/** The names that a user of the original finds in its published reference, unchanged. */

/** Environment variable with this Pod's name; when set, it wins over the configured one. */
export const EnvPodName = 'ELECTOR_POD_NAME';

/** JSON pointer of the Pod label; `~1` stands for the slash in the key `k8s-elector/status`. */
export const ResourcePathPodLabel = '/metadata/labels/k8s-elector~1status';

/** The Pod label's value while this node does not lead. */
export const StatusStandby = 'standby';

/** The Pod label's value while this node leads. */
export const StatusLeader = 'leader';
