package peer

import (
	"encoding/json"
	"net"
	"net/http"
	"time"
)

type answer struct {
	IsLeader  bool   `json:"is_leader"`
	Leader    string `json:"leader"`
	Node      string `json:"node"`
	Timestamp string `json:"timestamp"`
}

// Serve answers every request with the state of the claim. It listens before it returns.
func Serve(address string, claim *Claim) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	handler := func(response http.ResponseWriter, _ *http.Request) {
		leading, leader := claim.Now()
		body, err := json.Marshal(answer{leading, leader, claim.id, time.Now().UTC().Format(time.RFC3339)})
		if err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		response.Header().Set("Content-Type", "application/json")
		response.Write(body)
	}
	go func() { Fail(http.Serve(listener, http.HandlerFunc(handler))) }()
	return nil
}
