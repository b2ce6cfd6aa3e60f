package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	retryPause = time.Second
	// How often volumes are compared with the cluster.
	refreshPause = 30 * time.Second
	// Between restarts, doubled up to the longest: as a kubelet has it.
	firstBackOff, longestBackOff = 10 * time.Second, 5 * time.Minute
)

// runningPod is one pod from its start until it is deleted.
type runningPod struct {
	kubelet *kubelet
	started metav1.Time
	volumes *volumes
	// Closed when the pod is to stop; its grace and reason are set before.
	stopping chan struct{}
	// Closed when no container runs any more.
	done chan struct{}
	// One write at a time, so that the last one is the newest.
	writing sync.Mutex

	mutex           sync.Mutex
	pod             *corev1.Pod
	network         *network
	inits           []*container
	containers      []*container
	isInitialized   bool
	isOver          bool
	isStopping      bool
	grace           time.Duration
	reason, message string
	since           map[corev1.PodConditionType]since
}

func newRunningPod(kubelet *kubelet, pod *corev1.Pod) *runningPod {
	running := &runningPod{
		kubelet: kubelet, pod: pod, started: metav1.Now(), stopping: make(chan struct{}), done: make(chan struct{}),
		since: map[corev1.PodConditionType]since{},
	}
	running.volumes = &volumes{
		client: kubelet.client, pod: pod, folder: filepath.Join(running.folder(), "volumes"), tokens: map[string]token{},
	}
	for index := range pod.Spec.InitContainers {
		running.inits = append(running.inits, newContainer(running, &pod.Spec.InitContainers[index]))
	}
	for index := range pod.Spec.Containers {
		running.containers = append(running.containers, newContainer(running, &pod.Spec.Containers[index]))
	}
	return running
}

func (p *runningPod) folder() string {
	return filepath.Join(p.kubelet.config.Folder, "pods", string(p.pod.UID))
}

// run takes the pod through its life.
func (p *runningPod) run() {
	defer close(p.done)
	// A pod that ends before it can be deleted is deleted without being started again.
	if deadline := p.pod.Spec.ActiveDeadlineSeconds; deadline != nil {
		timer := time.AfterFunc(time.Duration(*deadline)*time.Second, func() {
			grace := int64(corev1.DefaultTerminationGracePeriodSeconds)
			if given := p.pod.Spec.TerminationGracePeriodSeconds; given != nil {
				grace = *given
			}
			p.stop(time.Duration(grace)*time.Second, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
		})
		defer timer.Stop()
	}
	p.write()
	if p.try("FailedMount", p.makeVolumes) && p.try("FailedCreatePodSandBox", p.makeNetwork) {
		go p.refresh()
		if p.runInits() {
			p.runContainers()
		}
	}
	p.mutex.Lock()
	p.isOver = true
	p.mutex.Unlock()
	p.write()
	if p.network != nil {
		p.network.close()
	}
}

// try does something until it is done; false where the pod is to stop first.
func (p *runningPod) try(reason string, what func() error) bool {
	last := ""
	for !p.hasToStop() {
		err := what()
		if err == nil {
			return true
		}
		if err.Error() != last {
			last = err.Error()
			p.event(corev1.EventTypeWarning, reason, last)
		}
		p.pause(retryPause)
	}
	return false
}

func (p *runningPod) makeVolumes() error {
	if err := os.MkdirAll(p.volumes.folder, 0o755); err != nil {
		return err
	}
	return p.volumes.update(p.kubelet.ctx)
}

func (p *runningPod) makeNetwork() error {
	network, err := newNetwork(p.kubelet, p.kubelet.nextAddress())
	p.mutex.Lock()
	p.network = network
	p.mutex.Unlock()
	return err
}

func (p *runningPod) refresh() {
	for {
		select {
		case <-p.done:
			return
		case <-time.After(refreshPause):
		}
		if err := p.volumes.update(p.kubelet.ctx); err != nil {
			p.event(corev1.EventTypeWarning, "FailedMount", err.Error())
		}
	}
}

// runInits runs one after the other; false where one has failed for good, or the pod is to stop.
func (p *runningPod) runInits() bool {
	for _, each := range p.inits {
		each.run()
		if state := each.current().Terminated; p.hasToStop() || state == nil || state.ExitCode != 0 {
			return false
		}
	}
	p.mutex.Lock()
	p.isInitialized = true
	p.mutex.Unlock()
	p.write()
	return true
}

func (p *runningPod) runContainers() {
	var all sync.WaitGroup
	for _, each := range p.containers {
		all.Go(each.run)
	}
	all.Wait()
}

// stop has every container end within the grace period; the shortest of several counts.
func (p *runningPod) stop(grace time.Duration, reason, message string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.isStopping {
		p.isStopping, p.grace, p.reason, p.message = true, grace, reason, message
		close(p.stopping)
		return
	}
	// `kubectl delete --now` after a plain one.
	if grace < p.grace {
		p.grace = grace
		for _, each := range slices.Concat(p.inits, p.containers) {
			time.AfterFunc(grace, each.kill)
		}
	}
}

func (p *runningPod) hasToStop() bool {
	select {
	case <-p.stopping:
		return true
	default:
		return false
	}
}

// pause waits, or less where the pod is to stop.
func (p *runningPod) pause(duration time.Duration) {
	select {
	case <-p.stopping:
	case <-time.After(duration):
	}
}

func (p *runningPod) remove() {
	if err := os.RemoveAll(p.folder()); err != nil {
		log.Printf("%s: %v", keyOf(p.pod), err)
	}
}

func (p *runningPod) logOf(name string, isPrevious bool) (*containerLog, error) {
	for _, each := range slices.Concat(p.inits, p.containers) {
		if each.spec.Name != name {
			continue
		}
		return each.logOf(isPrevious)
	}
	return nil, errdefs.InvalidInputf("container %s is not valid for pod %s", name, p.pod.Name)
}

// dial connects with a server in the pod.
func (p *runningPod) dial(ctx context.Context, protocol, address string) (net.Conn, error) {
	p.mutex.Lock()
	network := p.network
	p.mutex.Unlock()
	if network == nil {
		return nil, fmt.Errorf("pod %s has no network yet", p.pod.Name)
	}
	return network.dial(ctx, protocol, address)
}

func (p *runningPod) isReady() bool {
	for _, each := range p.status().Conditions {
		if each.Type == corev1.PodReady {
			return each.Status == corev1.ConditionTrue
		}
	}
	return false
}

// portOf finds a port that is given by its name.
func (p *runningPod) portOf(port intstr.IntOrString) int {
	for _, each := range p.containers {
		for _, named := range each.spec.Ports {
			if port.Type == intstr.String && named.Name == port.StrVal {
				return int(named.ContainerPort)
			}
		}
	}
	return port.IntValue()
}

func (p *runningPod) event(kind, reason, message string) {
	p.kubelet.recorder.Event(p.pod, kind, reason, message)
}

func notHere(what string) error { return fmt.Errorf("this node does not do: %s", what) }
