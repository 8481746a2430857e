// Package peer is what the Go electors of the tests share: their flags, their claim to lead, the events that report it
// and the HTTP answer. It is no elector: each program beside it brings a version of Kubernetes' election package.
package peer

import (
	"errors"
	"sync"
	"time"
)

// Claim is what a program says about itself: "I lead". The election packages tell a program late that it stopped, some
// of them after the release, so the claim watches the lock's own traffic and is always at least as early: it ends at the
// renew deadline counted from the send of the last write that succeeded, at the sight of another holder, before a
// release is sent, and for good at Close.
type Claim struct {
	id       string
	validFor time.Duration
	report   func(Event)

	mu        sync.Mutex
	writes    int   // under way, so that Close can let them end
	running   bool  // between the package's OnStartedLeading and OnStoppedLeading
	closed    bool  // for good
	renewedNs int64 // CLOCK_MONOTONIC at the send of the last proven write; 0 for none
	reported  bool  // the last word that went out
	holder    string
	lapse     *time.Timer
}

// ErrClosed refuses a renewal that would come after the claim was given up.
var ErrClosed = errors.New("not renewed: this process is stopping")

// NewClaim is a claim that each proven write makes good for validFor, the elector's renew deadline.
func NewClaim(id string, validFor time.Duration) *Claim {
	return &Claim{id: id, validFor: validFor, report: printEvent}
}

// Started belongs into OnStartedLeading.
func (c *Claim) Started() { c.change(func() { c.running = true }) }

// Stopped belongs into OnStoppedLeading.
func (c *Claim) Stopped() { c.change(func() { c.running = false }) }

// Observed belongs into OnNewLeader.
func (c *Claim) Observed(holder string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holder = holder
	c.report(Event{Event: "new-leader", ID: c.id, MonoNs: MonoNs(), Holder: holder})
}

// Read is told who holds the lock by every read of it.
func (c *Claim) Read(holder string) {
	if holder != c.id {
		c.change(func() { c.renewedNs = 0 })
	}
}

// Write sends a record that names holder. Another holder than this process is a release: the claim ends first.
func (c *Claim) Write(holder string, send func() error) error {
	release := holder != c.id
	refused := false
	sentNs := MonoNs()
	c.change(func() {
		refused = c.closed && !release
		if release {
			c.renewedNs = 0
		}
		c.writes++
	})
	defer c.change(func() { c.writes-- })
	if refused {
		return ErrClosed
	}
	if err := send(); err != nil {
		return err
	}
	if !release {
		c.change(func() { c.renewedNs = max(c.renewedNs, sentNs) })
	}
	return nil
}

// Close ends the claim at once and for good, then gives a write under way at most limit to end, so that the release
// that follows stands on its result.
func (c *Claim) Close(limit time.Duration) {
	c.change(func() { c.closed = true })
	writing := true
	for end := time.Now().Add(limit); writing && time.Now().Before(end); time.Sleep(time.Millisecond) {
		c.change(func() { writing = c.writes > 0 })
	}
}

// Now answers whether this process leads, and whom it believes to.
func (c *Claim) Now() (leading bool, leader string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	if c.holder == c.id && !c.reported {
		return false, ""
	}
	return c.reported, c.holder
}

func (c *Claim) change(apply func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	apply()
	c.settle()
}

// settle reports what became of the claim. A lapse is dated to the instant of the deadline even when it is noticed
// later: nobody was told "I lead" in between.
func (c *Claim) settle() {
	nowNs := MonoNs()
	endNs := c.renewedNs + c.validFor.Nanoseconds()
	lapsed := c.renewedNs != 0 && nowNs >= endNs
	leading := c.running && !c.closed && c.renewedNs != 0 && !lapsed
	if leading != c.reported {
		c.reported = leading
		event := Event{Event: "leading", ID: c.id, MonoNs: nowNs, Holder: c.holder}
		if !leading {
			event.Event = "stopped"
			if lapsed {
				event.MonoNs = endNs
			}
		}
		c.report(event)
	}
	if c.lapse != nil {
		c.lapse.Stop()
		c.lapse = nil
	}
	if leading {
		c.lapse = time.AfterFunc(time.Duration(endNs-nowNs), func() { c.change(func() {}) })
	}
}
