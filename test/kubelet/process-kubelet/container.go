package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// What container runtimes report for a command that could not be started.
	startErrorCode = 128
	// As a kubelet has them: of the file, and of the log in its stead.
	maxMessageBytes                   = 4096
	maxLogMessageLines, maxLogMessage = 80, 2048
	// Until a container that is not to be stopped in order is gone.
	livenessGrace = 30 * time.Second
)

// container is one container of a pod, with its restarts. The pod's mutex guards what changes.
type container struct {
	pod    *runningPod
	spec   *corev1.Container
	status corev1.ContainerStatus
	log    *containerLog
	before *containerLog
	// Of the first process, which stands for all of the container.
	process *os.Process
}

func newContainer(pod *runningPod, spec *corev1.Container) *container {
	isStarted := false
	waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}
	return &container{pod: pod, spec: spec, status: corev1.ContainerStatus{
		Name: spec.Name, Image: spec.Image, State: waiting, Started: &isStarted,
	}}
}

func (c *container) current() corev1.ContainerState {
	c.pod.mutex.Lock()
	defer c.pod.mutex.Unlock()
	return c.status.State
}

// change alters the status and tells the API server.
func (c *container) change(what func(status *corev1.ContainerStatus)) {
	c.pod.mutex.Lock()
	what(&c.status)
	c.pod.mutex.Unlock()
	c.pod.write()
}

func (c *container) wait(reason, message string) {
	c.change(func(status *corev1.ContainerStatus) {
		status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	})
}

// run starts the container, and again as its pod's restart policy has it.
func (c *container) run() {
	// The first restart comes at once.
	pause := time.Duration(0)
	for !c.pod.hasToStop() {
		spec, reason, err := c.prepare()
		if err != nil {
			c.pod.event(corev1.EventTypeWarning, "Failed", err.Error())
			c.wait(reason, err.Error())
			c.pod.pause(firstBackOff)
			continue
		}
		from := time.Now()
		code := c.runOnce(spec)
		if !c.isToRestart(code) {
			return
		}
		// One that ran for long begins anew.
		if time.Since(from) > 2*longestBackOff {
			pause = 0
		}
		c.change(func(status *corev1.ContainerStatus) {
			status.LastTerminationState = status.State
			status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
				Reason: "CrashLoopBackOff", Message: fmt.Sprintf("back-off %s restarting failed container", pause),
			}}
		})
		c.pod.pause(pause)
		pause = min(max(2*pause, firstBackOff), longestBackOff)
		if c.pod.hasToStop() {
			c.change(func(status *corev1.ContainerStatus) { status.State = status.LastTerminationState })
			return
		}
		c.change(func(status *corev1.ContainerStatus) { status.RestartCount++ })
	}
}

func (c *container) isToRestart(code int32) bool {
	if c.pod.hasToStop() {
		return false
	}
	isInit := false
	for _, each := range c.pod.inits {
		isInit = isInit || each == c
	}
	switch c.pod.pod.Spec.RestartPolicy {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyAlways:
		return !isInit || code != 0
	default:
		return code != 0
	}
}

// runOnce starts the process and waits for its end.
func (c *container) runOnce(spec containerSpec) int32 {
	log := newContainerLog()
	c.pod.mutex.Lock()
	c.before, c.log = c.log, log
	c.pod.mutex.Unlock()
	started := metav1.Now()
	command, output, err := c.pod.kubelet.starter.start(spec, c.pod.network)
	if err != nil {
		log.end()
		c.end(started, "", startErrorCode, "StartError", err.Error())
		return startErrorCode
	}
	id := fmt.Sprintf("process://%d", command.Process.Pid)
	isStarted := c.spec.StartupProbe == nil
	c.pod.mutex.Lock()
	c.process = command.Process
	c.pod.mutex.Unlock()
	c.change(func(status *corev1.ContainerStatus) {
		status.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}}
		status.ContainerID, status.ImageID = id, "process://"+c.spec.Image
		status.Started = &isStarted
		status.Ready = isStarted && c.spec.ReadinessProbe == nil
	})
	c.pod.event(corev1.EventTypeNormal, "Started", "Started container "+c.spec.Name)
	ended := make(chan struct{})
	go c.probe(ended)
	go c.stopInOrder(ended)
	var reading sync.WaitGroup
	for _, stream := range output {
		reading.Go(func() {
			log.read(stream)
			stream.Close()
		})
	}
	// All processes of the container end with the first one, and so do the streams.
	reading.Wait()
	code := exitCode(command.Wait())
	close(ended)
	log.end()
	reason := "Error"
	if code == 0 {
		reason = "Completed"
	}
	c.end(started, id, code, reason, c.message(code))
	return code
}

func (c *container) end(started metav1.Time, id string, code int32, reason, message string) {
	isStarted := false
	c.change(func(status *corev1.ContainerStatus) {
		status.Ready, status.Started = false, &isStarted
		status.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: code, Reason: reason, Message: message, StartedAt: started, FinishedAt: metav1.Now(), ContainerID: id,
		}}
	})
}

func exitCode(err error) int32 {
	var exit *exec.ExitError
	if err == nil {
		return 0
	}
	if !errors.As(err, &exit) {
		return startErrorCode
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int32(status.Signal())
	}
	return int32(exit.ExitCode())
}

// message is what the container left in its file, or the end of its log.
func (c *container) message(code int32) string {
	text, _ := os.ReadFile(c.own("message"))
	if len(text) > maxMessageBytes {
		text = text[:maxMessageBytes]
	}
	if len(text) == 0 && code != 0 && c.spec.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
		return c.log.tail(maxLogMessageLines, maxLogMessage)
	}
	return string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}

// stopInOrder asks the process to end once the pod is to stop, and ends it when its grace is over.
func (c *container) stopInOrder(ended <-chan struct{}) {
	select {
	case <-ended:
	case <-c.pod.stopping:
		c.pod.mutex.Lock()
		grace := c.pod.grace
		c.pod.mutex.Unlock()
		c.terminate(ended, grace)
	}
}

func (c *container) terminate(ended <-chan struct{}, grace time.Duration) {
	c.pod.event(corev1.EventTypeNormal, "Killing", "Stopping container "+c.spec.Name)
	c.signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(grace):
		c.kill()
	}
}

func (c *container) kill() { c.signal(syscall.SIGKILL) }

func (c *container) signal(signal os.Signal) {
	c.pod.mutex.Lock()
	defer c.pod.mutex.Unlock()
	// One that has ended is known to the runtime as such.
	if c.process != nil {
		_ = c.process.Signal(signal)
	}
}

func (c *container) logOf(isPrevious bool) (*containerLog, error) {
	c.pod.mutex.Lock()
	defer c.pod.mutex.Unlock()
	if isPrevious && c.before == nil {
		return nil, errdefs.InvalidInputf("previous terminated container %q in pod %q not found", c.spec.Name, c.pod.pod.Name)
	}
	if isPrevious {
		return c.before, nil
	}
	if c.log == nil {
		reason := "ContainerCreating"
		if waiting := c.status.State.Waiting; waiting != nil {
			reason = waiting.Reason
		}
		return nil, errdefs.InvalidInputf("container %q in pod %q is waiting to start: %s", c.spec.Name, c.pod.pod.Name, reason)
	}
	return c.log, nil
}
