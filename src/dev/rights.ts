/**
 * Who may do what: bearer tokens, and rules in the shape of RBAC. Its refusals are in the real API's words, because
 * an elector must name the missing right. Not here: roles, bindings, groups, certificates.
 */
import { type Answer, failure } from './status.ts';

/** As in RBAC: what is listed is allowed, `*` stands for everything. */
export interface Rule {
  readonly verbs: readonly string[];
  /** The API group; empty for the core group. */
  readonly group: string;
  readonly resources: readonly string[];
  /** Only these objects. Then an unselected list or watch is not allowed, and never a create. */
  readonly names?: readonly string[];
}

export interface User {
  readonly name: string;
  /** Absent: everything is allowed. */
  readonly rules?: readonly Rule[];
}

/** By token. May be changed while the API runs, as tokens are rotated and rights granted. */
export type Users = ReadonlyMap<string, User>;

/** What is to be done, as far as rights are concerned. */
export type Attempt =
  | {
      readonly type: 'resource';
      readonly verb: string;
      readonly group: string;
      /** `leases`, or `leases/status`. */
      readonly resource: string;
      readonly namespace: string;
      /** The name in the path; for a list or a watch the one that its field selector asks for. Else empty. */
      readonly name: string;
    }
  | { readonly type: 'path'; readonly verb: string; readonly path: string };

export const anonymous: User = { name: 'system:anonymous', rules: [] };

/** Who asks; a refusal when the token is not known. Without `users` everybody is an administrator. */
export function authenticate(users: Users | undefined, authorization: string | undefined): User | Answer {
  if (users === undefined) return { name: 'admin' };
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return anonymous;
  return users.get(token) ?? failure(401, 'Unauthorized', 'Unauthorized');
}

/** Null when the user may. */
export function authorize(user: User, attempt: Attempt): Answer | null {
  if (user.rules === undefined) return null;
  if (attempt.type === 'path') {
    // Everybody may ask how the API is, as with Kubernetes' default bindings.
    if (/^\/(?:healthz|livez|readyz|version)(?:\/|$)/.test(attempt.path)) return null;
    return failure(
      403,
      'Forbidden',
      `forbidden: User "${user.name}" cannot ${attempt.verb} path "${attempt.path}"`,
      {},
    );
  }
  return user.rules.some((rule) => allows(rule, attempt)) ? null : forbidden(user, attempt);
}

function allows(rule: Rule, attempt: Attempt & { type: 'resource' }): boolean {
  const has = (list: readonly string[], item: string) => list.includes(item) || list.includes('*');
  if (!has(rule.verbs, attempt.verb) || !has([rule.group], attempt.group)) return false;
  return has(rule.resources, attempt.resource) && (rule.names === undefined || rule.names.includes(attempt.name));
}

function forbidden(user: User, attempt: Attempt & { type: 'resource' }): Answer {
  const { verb, group, resource, namespace, name } = attempt;
  const [plural = ''] = resource.split('/');
  const title = `${plural}${group === '' ? '' : `.${group}`}${name === '' ? '' : ` "${name}"`}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message = `${title} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  const details = { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
  return failure(403, 'Forbidden', message, details);
}
