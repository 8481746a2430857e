/**
 * The names that Kubernetes would refuse, refused before the first request. Each check answers null when the name is
 * good, else `expected …, got …`.
 */
import { type Parsed, refuse } from './parsed.ts';

type Problem = string | null;

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_LABEL = 63;
const LONGEST_SUBDOMAIN = 253;
/** Far above any `host_uuid`, far below what an annotation holds. */
const LONGEST_IDENTITY = 512;

/** Leases, ConfigMaps, Endpoints and Pods are all named by the rules of a DNS subdomain. */
export function objectNameProblem(name: string): Problem {
  if (name.length <= LONGEST_SUBDOMAIN && SUBDOMAIN.test(name)) return null;
  return problem(
    refuse(
      `at most ${LONGEST_SUBDOMAIN} lowercase letters, digits, "-" and ".", each part between dots beginning and ending with a letter or digit`,
      name,
      suggestion(name, SUBDOMAIN, LONGEST_SUBDOMAIN),
    ),
  );
}

/** Namespaces are DNS labels: no dots. */
export function namespaceProblem(name: string): Problem {
  if (name.length <= LONGEST_LABEL && LABEL.test(name)) return null;
  return problem(
    refuse(
      `at most ${LONGEST_LABEL} lowercase letters, digits and "-", beginning and ending with a letter or digit`,
      name,
      name === '' ? 'say which, or leave it out for "default"' : suggestion(name, LABEL, LONGEST_LABEL),
    ),
  );
}

/** Kubernetes takes any text as a holder; what a log, a header or a person could misread is refused all the same. */
export function identityProblem(id: string): Problem {
  const expected = `1 to ${LONGEST_IDENTITY} characters without control characters or surrounding spaces`;
  if (id === '') return problem(refuse(expected, id, 'an empty holder means that nobody leads'));
  const readable = !/\p{Cc}/u.test(id) && id.isWellFormed() && id.trim() === id;
  return readable && id.length <= LONGEST_IDENTITY ? null : problem(refuse(expected, id));
}

function suggestion(name: string, pattern: RegExp, longest: number): string {
  // Trimming a long one takes time that grows with its square.
  if (name.length > longest) return '';
  const candidate = name
    .toLowerCase()
    .replace(/[_\s]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return candidate.length <= longest && pattern.test(candidate) ? `${JSON.stringify(candidate)} would do` : '';
}

function problem(refused: Parsed<never>): Problem {
  return refused.ok ? null : refused.problem;
}
