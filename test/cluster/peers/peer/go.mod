// What the two test electors share; it knows nothing of Kubernetes.
module k8s-elector.test/peer

go 1.26.0

require golang.org/x/sys v0.47.0
