// Fetching from a log's server, with a limit on everything that is read.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const answerMax = 64 << 20

type client struct {
	base  string // ends before "/checkpoint"
	token string
	http  *http.Client
}

func newClient(url, logName, caFile, token string) (*client, error) {
	transport := &http.Transport{}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", caFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
	}
	base := strings.TrimSuffix(url, "/") + "/logs/" + logName
	return &client{base, token, &http.Client{Transport: transport, Timeout: time.Minute}}, nil
}

func (c *client) get(path, accept string) ([]byte, error) {
	request, err := http.NewRequest("GET", c.base+path, nil)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerMax))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s: %.300s", path, response.Status, body)
	}
	return body, nil
}

func (c *client) getJSON(path string, into interface{}) error {
	body, err := c.get(path, "application/json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("GET %s: %v", path, err)
	}
	return nil
}
