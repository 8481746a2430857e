// A leader elector that behaves, as to the lock, like the original k8s-elector 1.2: client-go 0.17 with all its lock
// kinds, renew deadline TTL/3, retry period TTL/6, a release that a Lease always refuses, no time limit on requests, a
// fresh election one second after each loss, exit code 255 on a signal. It is a peer for the tests; the claim that it
// shows is kept honest (package peer), which the original's is not.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"k8s-elector.test/peer"
)

const exitOnSignal = 255

// watchedLock tells the claim of each read and write before the election package learns the outcome.
type watchedLock struct {
	resourcelock.Interface
	claim *peer.Claim
}

func (l watchedLock) Get() (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get()
	if err == nil {
		l.claim.Read(record.HolderIdentity)
	}
	return record, raw, err
}

func (l watchedLock) Create(record resourcelock.LeaderElectionRecord) error {
	return l.claim.Write(record.HolderIdentity, func() error { return l.Interface.Create(record) })
}

func (l watchedLock) Update(record resourcelock.LeaderElectionRecord) error {
	return l.claim.Write(record.HolderIdentity, func() error { return l.Interface.Update(record) })
}

func main() {
	options := peer.ParseFlags()
	renewDeadline := options.TTL / 3

	config, err := clientcmd.BuildConfigFromFlags("", options.Kubeconfig)
	if err != nil {
		peer.Fail(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		peer.Fail(err)
	}

	claim := peer.NewClaim(options.ID, renewDeadline)
	newLock := func() (resourcelock.Interface, error) {
		return resourcelock.New(options.LockType, options.Namespace, options.Election, client.CoreV1(),
			client.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: options.ID})
	}
	if _, err := newLock(); err != nil {
		peer.Fail(err)
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

	for ctx.Err() == nil {
		lock, err := newLock()
		if err != nil {
			peer.Fail(err)
		}
		leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock:            watchedLock{lock, claim},
			LeaseDuration:   options.TTL,
			RenewDeadline:   renewDeadline,
			RetryPeriod:     options.TTL / 6,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { claim.Started() },
				OnStoppedLeading: claim.Stopped,
				OnNewLeader:      claim.Observed,
			},
		})
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	os.Exit(exitOnSignal)
}
