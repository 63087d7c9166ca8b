// Asks a witness what logs ask, honest ones and others, and compares each answer with that of the witness in this
// folder. It says what the specification leaves open itself: after evidence of two histories a log gets 422 for ever.
//
//	ask_witness list SEED...                    prints the list of its logs, for the witness
//	ask_witness ask SEED COUNT URL CA VKEY      asks so many times; prints how often which status came
//	ask_witness race SEED COUNT URL CA VKEY     asks for one log from eight sides at once
//	ask_witness split SEED COUNT URL CA VKEY    the same, and two of them show another history
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type answer struct {
	status int
	media  string
	body   string
}

type asker struct {
	random  *rand.Rand
	logs    []*askingLog
	model   *witness
	caught  map[string]bool // logs of which there is evidence
	url     string
	client  *http.Client
	vkey    string
	strange note.Signer
	seen    map[int]int
}

func clientOf(ca string) *http.Client {
	pem, err := os.ReadFile(ca)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 8}}
}

func newAsker(seed int64, url, ca, vkey string) *asker {
	a := &asker{random: rand.New(rand.NewSource(seed)), caught: map[string]bool{}, url: url, client: clientOf(ca),
		vkey: vkey, seen: map[int]int{}}
	a.model = &witness{name: "model.example", logs: map[string][]note.Verifier{}, state: map[string]seen{}}
	model, _, err := newWitness("model.example", nil)
	must(err)
	a.model.secret = model.secret
	for i := 0; i < logs; i++ {
		log := newLog(seed, i)
		for _, vkey := range log.vkeys {
			verifier, err := newVerifier(vkey)
			must(err)
			a.model.logs[log.origin] = append(a.model.logs[log.origin], verifier)
		}
		a.logs = append(a.logs, log)
	}
	a.strange = newLog(seed+1, 0).signers[0]
	return a
}

func (a *asker) tryPost(body []byte) (answer, error) {
	response, err := a.client.Post(a.url+"/add-checkpoint", "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header.Get("Content-Type"), string(text)}, err
}

func (a *asker) post(body []byte) answer {
	got, err := a.tryPost(body)
	must(err)
	return got
}

// get is what a monitor asks for.
func (a *asker) get(origin string) answer {
	response, err := a.client.Get(fmt.Sprintf("%s/%x/checkpoint", a.url, sha256Of(origin)))
	must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(err)
	return answer{response.StatusCode, response.Header.Get("Content-Type"), string(text)}
}

// verdict is what the model says, and what follows from the evidence that the request is.
func (a *asker) verdict(log *askingLog, body []byte, fork int, old, size int64, sound bool) (int, string) {
	before := a.model.state[log.origin]
	_, err := a.model.add(body)
	var refused refusal
	errors.As(err, &refused)
	status := refused.status
	if err == nil {
		status = http.StatusOK
	}
	if status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusForbidden {
		return status, ""
	}
	if a.caught[log.origin] {
		a.model.state[log.origin] = before
		return http.StatusUnprocessableEntity, ""
	}
	other := before.size > 0 && log.histories[fork].roots[before.size] != before.root
	shown := old == before.size && size > old && sound && before.size&(before.size-1) != 0
	if other && (size == before.size || shown) {
		a.caught[log.origin] = true
	}
	return status, refused.body
}

func (a *asker) verifyCosignature(note_ string, lines string) error {
	text := note_[:strings.LastIndex(note_, "\n\n")+1]
	verifier, err := newCosignatureVerifier(a.vkey)
	if err != nil {
		return err
	}
	_, err = note.Open([]byte(text+"\n"+lines), note.VerifierList(verifier))
	return err
}

type request struct {
	log   *askingLog
	fork  int
	old   int64
	size  int64
	sound bool // the proof is that of the fork
	body  []byte
	note  []byte
}

func (a *asker) signers(log *askingLog) []note.Signer {
	switch a.random.Intn(12) {
	case 0:
		return []note.Signer{a.strange}
	case 1:
		return []note.Signer{a.strange, log.signers[0]}
	default:
		return log.signers[:1+a.random.Intn(len(log.signers))]
	}
}

// request is mostly honest, and of the first history.
func (a *asker) request() request {
	log := a.logs[a.random.Intn(len(a.logs))]
	r := request{log: log, sound: true, fork: btoi(a.random.Intn(100) == 0)}
	r.old = a.model.state[log.origin].size
	if a.random.Intn(6) == 0 {
		r.old = int64(a.random.Intn(leaves))
	}
	r.size = r.old + int64(a.random.Intn(4))
	if a.random.Intn(10) == 0 {
		r.size = int64(1 + a.random.Intn(leaves-1))
	}
	if r.size < 1 {
		r.size = 1
	}
	if r.size > leaves {
		r.size = leaves
	}
	text := log.text(r.fork, r.size)
	if a.random.Intn(20) == 0 {
		text += "an extension line\n"
	}
	r.note = log.note(text, a.signers(log)...)
	proof := log.proof(r.fork, r.old, r.size)
	switch a.random.Intn(10) {
	case 0:
		if len(proof) > 0 {
			proof[a.random.Intn(len(proof))][a.random.Intn(tlog.HashSize)] ^= 1
			r.sound = false
		}
	case 1:
		proof = append(proof, tlog.Hash{})
		r.sound = false
	case 2:
		if len(proof) > 0 {
			proof = proof[1:]
			r.sound = false
		}
	}
	r.body = bodyOf(r.old, proof, r.note)
	a.garble(&r)
	return r
}

// garble breaks some bodies: 400, 403 and 404 come of it.
func (a *asker) garble(r *request) {
	replace := func(from, to string) {
		r.body = bytes.Replace(r.body, []byte(from), []byte(to), 1)
	}
	switch a.random.Intn(30) {
	case 0:
		replace("old ", "old 0")
	case 1:
		replace("old ", "new ")
	case 2:
		replace("\n\n", "\n")
	case 3:
		replace("\n\n", "\n"+strings.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 64)+"\n")
	case 4:
		replace(r.log.origin+"\n", "nobody.example\n")
	case 5:
		r.body[len(r.body)-8] ^= 1 // in a signature
	case 6:
		r.body = r.body[:len(r.body)-1-a.random.Intn(20)]
	}
}

func (a *asker) check(r request) error {
	status, body := a.verdict(r.log, r.body, r.fork, r.old, r.size, r.sound)
	got := a.post(r.body)
	a.seen[got.status]++
	if got.status != status {
		return fmt.Errorf("the answer is %d, and the other witness says %d to\n%s", got.status, status, r.body)
	}
	if status == http.StatusConflict && (got.media != "text/x.tlog.size" || got.body != body) {
		return fmt.Errorf("the size is %q (%s), and %q here", got.body, got.media, body)
	}
	if status != http.StatusOK {
		return nil
	}
	if err := a.verifyCosignature(string(r.note), got.body); err != nil {
		return fmt.Errorf("the cosignature: %v", err)
	}
	monitored := a.get(r.log.origin)
	if monitored.status != http.StatusOK || !strings.Contains(monitored.body, got.body) {
		return fmt.Errorf("a monitor gets %d, without the cosignature", monitored.status)
	}
	verifiers := a.model.logs[r.log.origin]
	_, err := note.Open([]byte(monitored.body), note.VerifierList(verifiers...))
	return err
}

// race asks for one log from eight sides, of which some show another history where `split` is true. What was
// accepted is one chain of one history, whoever came first. Prints how far it came. A witness that is gone ends it.
func (a *asker) race(count int, split bool) error {
	log := a.logs[0]
	var mutex sync.Mutex
	next := map[int64]int64{}
	forks := map[int]bool{}
	var wrong error
	accept := func(old, size int64, fork int) {
		if _, twice := next[old]; twice {
			wrong = fmt.Errorf("two trees were cosigned from %d records on", old)
		}
		next[old] = size
		if size > commonPart {
			forks[fork] = true
		}
	}
	var all sync.WaitGroup
	for side := 0; side < 8; side++ {
		random := rand.New(rand.NewSource(int64(side)))
		fork := btoi(split && side >= 6)
		all.Add(1)
		go func() {
			defer all.Done()
			var old int64
			for i := 0; i < count && old < leaves; i++ {
				size := old + 1 + int64(random.Intn(2))
				if size > leaves {
					size = leaves
				}
				checkpoint := log.note(log.text(fork, size), log.signers[0])
				got, err := a.tryPost(bodyOf(old, log.proof(fork, old, size), checkpoint))
				if err != nil {
					return
				}
				mutex.Lock()
				if got.status == http.StatusOK {
					accept(old, size, fork)
					old = size
				} else if said, err := strconv.ParseInt(strings.TrimSpace(got.body), 10, 64); err == nil {
					old = said
				} else if !split || got.status != http.StatusUnprocessableEntity {
					wrong = fmt.Errorf("%d %s", got.status, got.body)
				}
				mutex.Unlock()
			}
		}()
	}
	all.Wait()
	if len(forks) > 1 {
		return errors.New("two histories were cosigned")
	}
	return a.printChain(next, wrong)
}

func (a *asker) printChain(next map[int64]int64, wrong error) error {
	var begins []int64
	for old := range next {
		begins = append(begins, old)
	}
	sort.Slice(begins, func(i, j int) bool { return begins[i] < begins[j] })
	newest := int64(0)
	for i, old := range begins {
		if i > 0 && old < newest {
			return fmt.Errorf("a tree was cosigned from %d records on, and another of %d before", old, newest)
		}
		newest = next[old]
	}
	fmt.Println("newest", newest)
	return wrong
}

func list(seeds []string) error {
	fmt.Print("logs/v0\n\n")
	for _, text := range seeds {
		seed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		for i := 0; i < logs; i++ {
			fmt.Print(newLog(seed, i).listed())
		}
	}
	return nil
}

func run() error {
	if os.Args[1] == "list" {
		return list(os.Args[2:])
	}
	seed, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		return err
	}
	a := newAsker(seed, os.Args[4], os.Args[5], os.Args[6])
	if os.Args[1] != "ask" {
		return a.race(count, os.Args[1] == "split")
	}
	for i := 0; i < count; i++ {
		if err := a.check(a.request()); err != nil {
			return err
		}
	}
	var statuses []int
	for status := range a.seen {
		statuses = append(statuses, status)
	}
	sort.Ints(statuses)
	for _, status := range statuses {
		fmt.Println(status, a.seen[status])
	}
	fmt.Println("caught", len(a.caught))
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: ask_witness list|ask|race|split SEED ...")
		os.Exit(2)
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
