package notify

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/internal/natstest"
	"holdfast/retention"
)

func published(s *Sender, url string, id string) retention.Answer {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return s.Send(ctx, retention.Outgoing{
		To: retention.Subscriber{Kind: retention.SubscriberNATS, URL: url, Subject: "data.retention"}, ID: id, Body: []byte(`{"id":"` + id + `"}`),
	})
}

// stream makes the stream that keeps the subject.
func stream(t *testing.T, url string) jetstream.Stream {
	t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "HOLDFAST", Subjects: []string{"data.retention"}, Storage: jetstream.FileStorage})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEventWithoutAStreamIsAFailureThatSaysWhichToMake(t *testing.T) {
	srv := natstest.Start(t)
	s := New(Options{})
	t.Cleanup(s.Close)
	if a := published(s, srv.URL, "a-0"); a.Delivered || !strings.Contains(a.Text, "no JetStream stream takes the subject data.retention") {
		t.Errorf("without a stream: got %+v", a)
	}
	kept := stream(t, srv.URL)
	for range 2 {
		if a := published(s, srv.URL, "a-0"); !a.Delivered {
			t.Errorf("with a stream: got %+v", a)
		}
	}
	msg, err := kept.GetMsg(t.Context(), 1)
	if err != nil || msg.Header.Get("Nats-Msg-Id") != "a-0" || string(msg.Data) != `{"id":"a-0"}` || !strings.HasPrefix(msg.Header.Get("Content-Type"), "application/cloudevents+json") {
		t.Errorf("the message is %+v, %v", msg, err)
	}
	if info, err := kept.Info(t.Context()); err != nil || info.State.Msgs != 1 {
		t.Errorf("the stream has %+v, %v; want the event once", info.State, err)
	}
	srv.Kill()
	if a := published(s, srv.URL, "a-1"); a.Delivered {
		t.Errorf("without a server: got %+v", a)
	}
}

func TestNobodyAtTheAddressIsAFailure(t *testing.T) {
	s := New(Options{})
	t.Cleanup(s.Close)
	a := published(s, fmt.Sprintf("nats://127.0.0.1:%d", natstest.FreePort(t)), "a-0")
	if a.Delivered || !strings.HasPrefix(a.Text, "cannot connect to the NATS server") {
		t.Errorf("got %+v", a)
	}
}

// The server is killed and started again while events are published: whatever was
// acknowledged is in the stream, and sending goes on by itself.
func TestBrokerThatRestartsInMidPublishKeepsWhatItAcknowledged(t *testing.T) {
	srv := natstest.Start(t)
	kept := stream(t, srv.URL)
	s := New(Options{})
	t.Cleanup(s.Close)
	const lanes, each = 8, 60
	var mu sync.Mutex
	acknowledged, failures := map[string]bool{}, 0
	var wg sync.WaitGroup
	half := make(chan struct{})
	for lane := range lanes {
		wg.Go(func() {
			for i := range each {
				if lane == 0 && i == each/2 {
					close(half)
				}
				id := fmt.Sprintf("l%d-%d", lane, i)
				for !published(s, srv.URL, id).Delivered { // as the engine would, without its pauses
					mu.Lock()
					failures++
					mu.Unlock()
				}
				mu.Lock()
				acknowledged[id] = true
				mu.Unlock()
			}
		})
	}
	<-half
	srv.Restart()
	wg.Wait()
	if len(acknowledged) != lanes*each {
		t.Errorf("%d of %d were acknowledged", len(acknowledged), lanes*each)
	}
	// The directory outlives the kill, and so does what was acknowledged: but NATS
	// writes without fsync, which is the machine's fall, not the process's.
	info, err := kept.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	inStream := map[string]bool{}
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		msg, err := kept.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		inStream[msg.Header.Get("Nats-Msg-Id")] = true
	}
	for id := range acknowledged {
		if !inStream[id] {
			t.Errorf("%s was acknowledged and is not in the stream", id)
		}
	}
	t.Logf("%d events, %d failures, %d messages", len(acknowledged), failures, info.State.Msgs)
}
