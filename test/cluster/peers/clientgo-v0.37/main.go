// A leader elector as any current Go program has one: client-go 0.37, a Lease, release on cancel, the usual timings
// 15/10/2 scaled to the TTL. It is a peer for the tests, on the side of the lock exactly what that package does; only
// the claim that it shows is kept honest (package peer).
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"k8s-elector.test/peer"
)

// watchedLock tells the claim of each read and write before the election package learns the outcome.
type watchedLock struct {
	resourcelock.Interface
	claim *peer.Claim
}

func (l watchedLock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	if err == nil {
		l.claim.Read(record.HolderIdentity)
	}
	return record, raw, err
}

func (l watchedLock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.claim.Write(record.HolderIdentity, func() error { return l.Interface.Create(ctx, record) })
}

func (l watchedLock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.claim.Write(record.HolderIdentity, func() error { return l.Interface.Update(ctx, record) })
}

func main() {
	options := peer.ParseFlags()
	if options.LockType != "leases" {
		peer.Fail(errors.New("-lock-type: this version of client-go has only leases"))
	}
	renewDeadline := options.TTL * 2 / 3

	config, err := clientcmd.BuildConfigFromFlags("", options.Kubeconfig)
	if err != nil {
		peer.Fail(err)
	}
	// As the package's own helper for kubeconfigs sets it.
	config.Timeout = max(time.Second, renewDeadline/2)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		peer.Fail(err)
	}

	claim := peer.NewClaim(options.ID, renewDeadline)
	lock := watchedLock{
		Interface: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: options.Namespace, Name: options.Election},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: options.ID},
		},
		claim: claim,
	}
	if options.HTTP != "" {
		if err := peer.Serve(options.HTTP, claim); err != nil {
			peer.Fail(err)
		}
	}

	ctx, cancel := context.WithCancel(context.Background())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stop
		claim.Close(time.Second)
		cancel()
	}()

	// Losing a term is not the end: campaign again, until a signal.
	for ctx.Err() == nil {
		leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock:            lock,
			LeaseDuration:   options.TTL,
			RenewDeadline:   renewDeadline,
			RetryPeriod:     options.TTL * 2 / 15,
			ReleaseOnCancel: true,
			Name:            options.Election,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { claim.Started() },
				OnStoppedLeading: claim.Stopped,
				OnNewLeader:      claim.Observed,
			},
		})
	}
}
