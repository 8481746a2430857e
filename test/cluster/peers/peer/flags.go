package peer

import (
	"errors"
	"flag"
	"log"
	"os"
	"time"
)

// Options are the flags of either program.
type Options struct {
	Kubeconfig string
	Namespace  string
	Election   string
	ID         string
	TTL        time.Duration
	LockType   string
	HTTP       string
}

// ParseFlags ends the process when a flag is wrong.
func ParseFlags() Options {
	var options Options
	hostname, _ := os.Hostname()
	flag.StringVar(&options.Kubeconfig, "kubeconfig", "", "path of a kubeconfig file; in-cluster configuration without one")
	flag.StringVar(&options.Namespace, "namespace", "default", "namespace of the lock")
	flag.StringVar(&options.Election, "election", "", "name of the lock; required")
	flag.StringVar(&options.ID, "id", hostname, "identity of this candidate")
	flag.DurationVar(&options.TTL, "ttl", 10*time.Second, "lease duration")
	flag.StringVar(&options.LockType, "lock-type", "leases", "kind of the lock")
	flag.StringVar(&options.HTTP, "http", "", "host:port that serves GET /")
	flag.Parse()
	if options.Election == "" {
		Fail(errors.New("-election is required"))
	}
	return options
}

// Fail says why on stderr and exits 1.
func Fail(err error) {
	log.New(os.Stderr, "", 0).Fatalln("peer:", err)
}
