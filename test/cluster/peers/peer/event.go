package peer

import (
	"encoding/json"
	"os"

	"golang.org/x/sys/unix"
)

// Event is one line of JSON on stdout.
type Event struct {
	// leading, stopped or new-leader.
	Event string `json:"event"`
	ID    string `json:"id"`
	// CLOCK_MONOTONIC, which all processes of a machine share: events of several processes can be put in order.
	MonoNs int64  `json:"monoNs"`
	Holder string `json:"holder"`
}

// MonoNs reads CLOCK_MONOTONIC.
func MonoNs() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return now.Nano()
}

// printEvent is not buffered: the line is out before whatever follows it.
func printEvent(event Event) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(line, '\n'))
}
