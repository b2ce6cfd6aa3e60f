package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"sync"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node/api"
)

// Of one container; a kubelet turns its files over at the same size.
const maxLogBytes = 10 << 20

// containerLog is what a container wrote, line by line, both streams as they came.
type containerLog struct {
	mutex sync.Mutex
	lines []logLine
	bytes int
	// How many lines went before lines[0], for readers who follow.
	dropped int
	ended   bool
	// Closed and replaced at each change.
	changed chan struct{}
}

type logLine struct {
	at   time.Time
	text []byte
}

func newContainerLog() *containerLog { return &containerLog{changed: make(chan struct{})} }

// read takes in a stream up to its end.
func (l *containerLog) read(stream io.Reader) {
	reader := bufio.NewReader(stream)
	for {
		text, err := reader.ReadBytes('\n')
		if len(text) > 0 {
			l.change(func() {
				l.lines = append(l.lines, logLine{time.Now(), text})
				l.bytes += len(text)
				for l.bytes > maxLogBytes && len(l.lines) > 1 {
					l.bytes -= len(l.lines[0].text)
					l.lines = l.lines[1:]
					l.dropped++
				}
			})
		}
		if err != nil {
			return
		}
	}
}

func (l *containerLog) end() { l.change(func() { l.ended = true }) }

func (l *containerLog) change(what func()) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	what()
	close(l.changed)
	l.changed = make(chan struct{})
}

// open gives what the options choose, and with Follow what comes until the container ends.
func (l *containerLog) open(ctx context.Context, options api.ContainerLogOpts) io.ReadCloser {
	since := options.SinceTime
	if options.SinceSeconds > 0 {
		since = time.Now().Add(-time.Duration(options.SinceSeconds) * time.Second)
	}
	l.mutex.Lock()
	next := l.dropped
	for next < l.dropped+len(l.lines) && l.lines[next-l.dropped].at.Before(since) {
		next++
	}
	// VK reads an absent number of lines as 0.
	if options.Tail > 0 {
		next = max(next, l.dropped+len(l.lines)-options.Tail)
	}
	l.mutex.Unlock()
	reader, writer := io.Pipe()
	go func() {
		rest := options.LimitBytes
		for {
			l.mutex.Lock()
			lines, ended, changed := l.lines[max(0, next-l.dropped):], l.ended, l.changed
			next = l.dropped + len(l.lines)
			l.mutex.Unlock()
			for _, line := range lines {
				text := line.text
				if options.Timestamps {
					text = append([]byte(line.at.UTC().Format(time.RFC3339Nano)+" "), text...)
				}
				isLast := options.LimitBytes > 0 && len(text) >= rest
				if isLast {
					text = text[:rest]
				}
				rest -= len(text)
				if _, err := writer.Write(text); err != nil || isLast {
					writer.Close()
					return
				}
			}
			if ended || !options.Follow {
				writer.Close()
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				writer.CloseWithError(ctx.Err())
				return
			}
		}
	}()
	return reader
}

// tail is the end of the log, as a termination message shows it.
func (l *containerLog) tail(maxLines, maxBytes int) string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var text []byte
	for _, line := range l.lines[max(0, len(l.lines)-maxLines):] {
		text = append(text, line.text...)
	}
	if len(text) > maxBytes {
		text = text[len(text)-maxBytes:]
	}
	return string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}
