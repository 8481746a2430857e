/** The elector's container of a manifest, and what a kubelet makes of its arguments and environment in one Pod. */
import { at, textAt } from './requests.ts';

export interface StartedContainer {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** In the spec of a Pod or of a Pod's template, native sidecar or not. */
export function electorContainer(podSpec: unknown): unknown {
  const containers = [at(podSpec, 'initContainers'), at(podSpec, 'containers')].flat();
  const elector = containers.find((container) => at(container, 'name') === 'elector');
  if (elector === undefined) throw new Error(`no container "elector" in ${JSON.stringify(podSpec)}`);
  return elector;
}

/** As it is started in the Pod: fields of the Pod in the variables, and variables in the arguments. */
export function startedIn(pod: { readonly metadata: object; readonly spec: unknown }): StartedContainer {
  const container = electorContainer(pod.spec);
  const env = Object.fromEntries(
    listAt(container, 'env').map((variable) => {
      const path = textAt(variable, 'valueFrom', 'fieldRef', 'fieldPath').split('.');
      return [textAt(variable, 'name'), textAt(pod, ...path)];
    }),
  );
  const args = listAt(container, 'args').map((arg) =>
    String(arg).replace(/\$\((\w+)\)/g, (reference, name) => env[name] ?? reference),
  );
  return { args, env };
}

function listAt(body: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = at(body, ...path);
  if (Array.isArray(value)) return value;
  throw new Error(`expected a list at ${path.join('.')}, got ${JSON.stringify(value)}`);
}
