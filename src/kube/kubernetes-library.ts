/** What is used of the official client. */
export type KubernetesLibrary = Pick<typeof import('@kubernetes/client-node'), 'KubeConfig' | 'loadYaml'>;
