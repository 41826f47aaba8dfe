package engine

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// stopWithin bounds a graceful stop. ClickHouse waits for running queries; after
// this they are cut off, which its data survives like any crash.
const stopWithin = 30 * time.Second

// IsChild tells whether this process was started to be an engine.
func IsChild() bool { return os.Getenv(childEnv) != "" }

// RunChild is the engine's process: it returns the exit status when the last
// holder has left and ClickHouse has stopped. Main functions call it first of all:
//
//	if engine.IsChild() { os.Exit(engine.RunChild()) }
func RunChild() int {
	c, err := newChild()
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		return 1
	}
	return c.run()
}

// child is the engine's process.
type child struct {
	order    order
	dir      layout
	lock     *os.File
	holders  *holders
	accounts accounts
	keep     *os.File
	ready    *os.File
	answered atomic.Bool
}

// newChild takes over what the starter left in the environment and open files.
func newChild() (*child, error) {
	c := new(child)
	if err := json.Unmarshal([]byte(os.Getenv(childEnv)), &c.order); err != nil {
		return nil, fmt.Errorf("read order: %w", err)
	}
	if err := os.Unsetenv(childEnv); err != nil {
		return nil, err
	}
	syscall.CloseOnExec(lockFD)
	syscall.CloseOnExec(listenerFD)
	c.dir = layout(c.order.Dir)
	c.lock = os.NewFile(lockFD, "lock")
	socket := os.NewFile(listenerFD, "lease")
	ln, err := net.FileListener(socket)
	if err != nil {
		return nil, fmt.Errorf("take over listener: %w", err)
	}
	_ = socket.Close()
	l, err := readLease(c.order.Dir)
	if err != nil {
		return nil, fmt.Errorf("read lease: %w", err)
	}
	c.holders = newHolders(ln, l)
	return c, nil
}

func (c *child) run() int {
	// A client that hangs up in the middle of its result raises SIGPIPE on one of
	// ClickHouse's threads; the Go runtime would let that end the process.
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
	go c.holders.serve()
	err := c.serve()
	if err != nil && !c.answered.Load() {
		c.holders.decide(verdict{Error: err.Error()})
	}
	c.cleanUp()
	if c.order.Temporary && err == nil {
		removeLocked(c.order.Dir)
	}
	// Until here the lock and the last holder's connection are not the collector's: who
	// sees either free takes the directory for free.
	runtime.KeepAlive(c)
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		return 1
	}
	return 0
}

// serve runs ClickHouse until the last holder leaves. An error means that it
// did not start, or ended by itself.
func (c *child) serve() error {
	if err := c.prepare(); err != nil {
		return err
	}
	lib, err := loadChdb(c.order.Library, c.order.Dir, c.fail)
	if err != nil {
		return err
	}
	term, err := openTerminal()
	if err != nil {
		fmt.Fprintf(os.Stderr, "engine: %v; a failed login over the native protocol will end this engine\n", err)
	}
	ended := make(chan struct{})
	announced := make(chan error, 1)
	go func() {
		err := c.announce()
		announced <- err
		if err != nil {
			c.holders.abandon()
		}
	}()
	go c.endWithHolders(ended)
	go c.leavePrompt(term, ended)
	go c.endOnSignal()
	runtime.LockOSThread()
	lib.run(c.arguments(term != nil)...)
	close(ended)
	select {
	case err := <-announced:
		if err != nil {
			return err
		}
	default:
	}
	select {
	case <-c.holders.stop:
		return nil
	default:
	}
	return describe("ClickHouse ended by itself", c.dir.log(), c.order.LogStart)
}

// fail ends the process as a crash would, but its holders get to know why.
func (c *child) fail(reason error) {
	fmt.Fprintln(os.Stderr, "engine:", reason)
	c.holders.fail(reason.Error())
	os.Exit(1)
}

// arguments are those of clickhouse local.
func (c *child) arguments(interactive bool) []string {
	args := []string{"clickhouse", "--config-file", c.dir.config(), "--query", script(c.dir)}
	if interactive {
		args = append(args, "--interactive", "--disable_suggestion", "--progress=off", "--progress-table=off",
			"--enable-progress-table-toggle=0", "--history_file=/dev/null")
	}
	return args
}

// leavePrompt exits from the prompt that follows the script. While the engine
// serves, the script has not ended and nothing is typed.
func (c *child) leavePrompt(term *terminal, ended <-chan struct{}) {
	tick := time.NewTicker(exitEvery)
	defer tick.Stop()
	for stop := c.holders.stop; ; {
		select {
		case <-ended:
			return
		case <-c.holders.decided:
			<-stop
		case <-tick.C:
		}
		select {
		case <-ended:
			return
		case <-tick.C:
			term.exit()
		}
	}
}

// endWithHolders lets ClickHouse end when nobody holds it any more: it closes
// the FIFO, and opens and closes it again, in case ClickHouse had not come to open it yet
// and waits for a writer.
func (c *child) endWithHolders(ended <-chan struct{}) {
	<-c.holders.stop
	select {
	case <-c.holders.decided:
		if info := c.holders.verdict.Info; info != nil {
			killQueries(*info)
		}
	default:
	}
	_ = c.keep.Close()
	late := time.After(stopWithin)
	tick := time.NewTicker(exitEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-late:
			fmt.Fprintf(os.Stderr, "engine: cut off after %v of stopping\n", stopWithin)
			c.cleanUp()
			os.Exit(1)
		case <-tick.C:
			if f, err := os.OpenFile(c.dir.holdOpen(), os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				_ = f.Close()
			}
		}
	}
}

// endOnSignal stops gracefully when somebody asks the process itself to end.
func (c *child) endOnSignal() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-asked:
		c.holders.abandon()
	case <-c.holders.stop:
	}
}

// cleanUp removes what is true only while an engine runs.
func (c *child) cleanUp() {
	_ = os.Remove(c.dir.info())
	_ = os.Remove(c.dir.lease())
}
