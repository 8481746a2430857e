/**
 * The kinds of object that the embedded API serves: those an elector touches, and namespaces, because a write into a
 * namespace that does not exist is refused in words of its own. Not a schema; see object.ts for that.
 */

export interface Kind {
  /** `Lease` */
  readonly kind: string;
  /** `leases`: the plural that stands in the path. */
  readonly plural: string;
  /** `coordination.k8s.io`; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
  /** A PUT of a missing object creates it, whatever version it names. */
  readonly createOnUpdate: boolean;
  /** A PUT without a version replaces whatever is there. */
  readonly unconditionalUpdate: boolean;
  /** Where etcd keeps it; the API repeats that in the message of a uid conflict. */
  readonly storagePrefix: string;
}

export const leases: Kind = {
  kind: 'Lease',
  plural: 'leases',
  group: 'coordination.k8s.io',
  version: 'v1',
  namespaced: true,
  createOnUpdate: true,
  unconditionalUpdate: false,
  storagePrefix: '/registry/leases',
};

export const configMaps: Kind = {
  kind: 'ConfigMap',
  plural: 'configmaps',
  group: '',
  version: 'v1',
  namespaced: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  storagePrefix: '/registry/configmaps',
};

export const endpoints: Kind = {
  kind: 'Endpoints',
  plural: 'endpoints',
  group: '',
  version: 'v1',
  namespaced: true,
  createOnUpdate: true,
  unconditionalUpdate: true,
  storagePrefix: '/registry/services/endpoints',
};

export const pods: Kind = {
  kind: 'Pod',
  plural: 'pods',
  group: '',
  version: 'v1',
  namespaced: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  storagePrefix: '/registry/pods',
};

export const namespaces: Kind = {
  kind: 'Namespace',
  plural: 'namespaces',
  group: '',
  version: 'v1',
  namespaced: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  storagePrefix: '/registry/namespaces',
};

export const allKinds: readonly Kind[] = [leases, configMaps, endpoints, pods, namespaces];

/** `coordination.k8s.io/v1`, or `v1` for the core group. */
export function apiVersionOf(kind: Kind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** How messages name the resource: `leases.coordination.k8s.io`, `pods`. */
export function resourceName(kind: Kind): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

/** How messages name the kind: `Lease.coordination.k8s.io`, `Pod`. */
export function kindName(kind: Kind): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
}
