/**
 * A real Kubernetes API to try things on by hand: starts the tests' cluster, prints how to reach it, and ends it on
 * Ctrl-C. Nothing runs Pods there.
 */
import { startCluster } from '../test/cluster/harness/cluster.ts';

const cluster = await startCluster();
console.log(`Kubernetes API   ${cluster.url}
kubeconfig       ${cluster.adminKubeconfig}
an elector on it node src/cli/main.ts -kubeconfig=${cluster.adminKubeconfig} -election=demo -id=alice
logs             ${cluster.apiserver.logFile}
Ctrl-C ends it and removes everything.`);

// The servers do not keep this process alive; this does.
setInterval(() => {}, 3_600_000);
