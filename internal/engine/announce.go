package engine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// announce waits for ClickHouse's ports, asks it a question with the account
// that holders will use, writes engine.json and tells the holders.
func (c *child) announce() error {
	line, err := bufio.NewReader(c.ready).ReadString('\n')
	if err != nil {
		return fmt.Errorf("read ports: %w", err)
	}
	info, err := c.reachedAt(line)
	if err != nil {
		return err
	}
	if err := question(info); err != nil {
		return err
	}
	raw, err := json.Marshal(info)
	if err != nil {
		return err
	}
	if err := writePrivate(c.dir.info(), append(raw, '\n')); err != nil {
		return err
	}
	c.answered.Store(true)
	c.holders.decide(verdict{Info: &info})
	return nil
}

// reachedAt words the two ports, as ClickHouse wrote them, as an Info.
func (c *child) reachedAt(line string) (Info, error) {
	native, http, _ := strings.Cut(strings.TrimSpace(line), "\t")
	for _, port := range []string{native, http} {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return Info{}, fmt.Errorf("read ports: ClickHouse reports %q", line)
		}
	}
	return Info{
		Native: net.JoinHostPort("127.0.0.1", native), HTTP: net.JoinHostPort("127.0.0.1", http), PID: os.Getpid(),
		User: adminUser, Password: c.accounts.Password, Database: Database,
		ReadOnlyUser: readOnlyUser, ReadOnlyPassword: c.accounts.ReadOnlyPassword,
	}, nil
}

// question makes sure that the engine answers.
func question(info Info) error {
	req, err := http.NewRequest(http.MethodGet, "http://"+info.HTTP+"/?query=SELECT+1", nil)
	if err != nil {
		return err
	}
	req.Header.Set("X-ClickHouse-User", info.User)
	req.Header.Set("X-ClickHouse-Key", info.Password)
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the engine a first question: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil || strings.TrimSpace(string(body)) != "1" {
		return fmt.Errorf("ask the engine a first question: status %s, answer %q: %w", resp.Status, body, err)
	}
	return nil
}
