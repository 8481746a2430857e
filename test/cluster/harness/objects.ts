/** Objects that tests make by an administrator's hand: namespaces, accounts with their rights, Pods and their tokens. */
import { randomBytes } from 'node:crypto';
import { at, type Requester, succeeded, textAt } from './requests.ts';
import { until } from './wait.ts';

export interface Objects {
  /** A namespace of a test's own: `prefix-` and random digits. */
  createNamespace(prefix?: string): Promise<string>;
  createServiceAccount(namespace: string, name: string): Promise<void>;
  /** A Role and a RoleBinding of that name for the account. Resolves when the API server grants the last rule. */
  bindRole(namespace: string, account: string, rules: readonly PolicyRule[], name?: string): Promise<void>;
  /** Resolves to its uid. */
  createPod(namespace: string, name: string, options?: PodOptions): Promise<string>;
  tokenFor(namespace: string, account: string, options?: TokenOptions): Promise<string>;
}

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface PodOptions {
  readonly serviceAccount?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TokenOptions {
  /** The token names this Pod and dies with it (some ten seconds later: the API server remembers good tokens). */
  readonly pod?: { readonly name: string; readonly uid: string };
  /** At least 600. */
  readonly expirationSeconds?: number;
}

export function objects(admin: Requester): Objects {
  const create = async (path: string, body: object) => succeeded(`create in ${path}`, await admin('POST', path, body));
  return {
    async createNamespace(prefix = 'test') {
      const name = `${prefix}-${randomBytes(4).toString('hex')}`;
      await create('/api/v1/namespaces', { metadata: { name } });
      return name;
    },

    async createServiceAccount(namespace, name) {
      await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
    },

    async bindRole(namespace, account, rules, name = account) {
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
      await create(`${rbac}/roles`, { metadata: { name }, rules });
      await create(`${rbac}/rolebindings`, {
        metadata: { name },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      });
      const last = rules.at(-1);
      if (last === undefined) return;
      await until(`the role ${name} is in force`, () => isGranted(admin, namespace, account, last));
    },

    async createPod(namespace, name, { serviceAccount = 'default', labels = {} } = {}) {
      const pod = await create(`/api/v1/namespaces/${namespace}/pods`, {
        metadata: { name, labels },
        spec: { serviceAccountName: serviceAccount, containers: [{ name: 'app', image: 'never-pulled' }] },
      });
      return textAt(pod, 'metadata', 'uid');
    },

    async tokenFor(namespace, account, { pod, expirationSeconds = 3600 } = {}) {
      const request = await create(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
        spec: { expirationSeconds, ...(pod && { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...pod } }) },
      });
      return textAt(request, 'status', 'token');
    },
  };
}

/** Is the rule's first verb already granted? The API server learns of new roles by a watch. */
async function isGranted(admin: Requester, namespace: string, account: string, rule: PolicyRule): Promise<boolean> {
  const review = await admin('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    spec: {
      user: `system:serviceaccount:${namespace}:${account}`,
      resourceAttributes: {
        namespace,
        verb: rule.verbs[0],
        group: rule.apiGroups[0],
        resource: rule.resources[0],
        name: rule.resourceNames?.[0],
      },
    },
  });
  return at(review.body, 'status', 'allowed') === true;
}
