/**
 * Which names, label keys and label values the API takes, and the words in which it refuses the others. Each function
 * returns what is wrong; nothing when all is well.
 */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const configKey = '[-._a-zA-Z0-9]+';

/** Names of the served kinds, but for namespaces. */
export function subdomainProblems(name: string): string[] {
  const problems = lengthProblems(name, 253);
  if (!matches(subdomain, name)) {
    problems.push(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
        `and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
    );
  }
  return problems;
}

/** Names of namespaces. */
export function labelNameProblems(name: string): string[] {
  const problems = lengthProblems(name, 63);
  if (matches(label, name)) return problems;
  if (matches(subdomain, name)) return [...problems, 'must not contain dots'];
  problems.push(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
      `with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
  );
  return problems;
}

/** Keys of labels and annotations: `name`, or `prefix/name`. */
export function qualifiedNameProblems(key: string): string[] {
  const parts = key.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) {
    return [
      `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an ` +
        `alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ` +
        `'${qualified}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  if (second !== undefined) {
    if (first === '') problems.push('prefix part must be non-empty');
    else problems.push(...subdomainProblems(first).map((problem) => `prefix part ${problem}`));
  }
  const name = second ?? first;
  if (name === '') problems.push('name part must be non-empty');
  else problems.push(...lengthProblems(name, 63).map((problem) => `name part ${problem}`));
  if (!matches(qualified, name)) {
    problems.push(
      `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an ` +
        `alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ` +
        `'${qualified}')`,
    );
  }
  return problems;
}

export function labelValueProblems(value: string): string[] {
  const problems = lengthProblems(value, 63);
  if (!matches(labelValue, value)) {
    problems.push(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
        "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for " +
        `validation is '${labelValue}')`,
    );
  }
  return problems;
}

/** Keys of a ConfigMap's data. */
export function configKeyProblems(key: string): string[] {
  const problems = lengthProblems(key, 253);
  if (!matches(configKey, key)) {
    problems.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  " +
        `or 'key-name', regex used for validation is '${configKey}')`,
    );
  }
  return problems;
}

function lengthProblems(value: string, limit: number): string[] {
  return value.length > limit ? [`must be no more than ${limit} characters`] : [];
}

function matches(pattern: string, value: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(value);
}
