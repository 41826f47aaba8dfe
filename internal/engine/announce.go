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

	"clickql/internal/engine/guard"
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
	if err := greet(info); err != nil {
		return err
	}
	guard.Confine(func(thread int) bool { return mayReachFiles(info, thread) })
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

// greet makes sure that the engine answers.
func greet(info Info) error {
	const within = 30 * time.Second
	answer, err := tell(info, "SELECT 1", within)
	if err == nil && answer != "1" {
		err = fmt.Errorf("it answers %q", answer)
	}
	if err != nil {
		return fmt.Errorf("ask the engine a first question: %w", err)
	}
	return nil
}

// killQueries cancels what still runs when nobody is left to want it.
// ClickHouse would wait for it, and then cut it off.
func killQueries(info Info) {
	const within = 2 * time.Second
	if _, err := tell(info, "KILL QUERY WHERE user != '' AND query_id != queryID() ASYNC FORMAT Null", within); err != nil {
		fmt.Fprintln(os.Stderr, "engine: cancel running queries:", err)
	}
}

// tell runs SQL as administrator, over HTTP.
func tell(info Info, sql string, within time.Duration) (string, error) {
	req, err := http.NewRequest(http.MethodPost, "http://"+info.HTTP+"/", strings.NewReader(sql))
	if err != nil {
		return "", err
	}
	req.Header.Set("X-ClickHouse-User", info.User)
	req.Header.Set("X-ClickHouse-Key", info.Password)
	client := http.Client{Timeout: within, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s: %s", resp.Status, body)
	}
	return strings.TrimSpace(string(body)), err
}
