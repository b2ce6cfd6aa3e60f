package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/record"
)

// kubelet holds the pods of the node. It is the provider of virtual-kubelet's pod controller, but writes what became of
// each pod itself, by patches as a kubelet does: the controller would write back metadata that is older than the pod's.
type kubelet struct {
	ctx      context.Context
	config   config
	client   kubernetes.Interface
	recorder record.EventRecorder
	services corev1listers.ServiceLister
	starter  starter

	mutex   sync.Mutex
	running map[string]*runningPod
	// How many addresses were given away.
	addresses int
}

func newKubelet(ctx context.Context, config config, client kubernetes.Interface, recorder record.EventRecorder) *kubelet {
	return &kubelet{
		ctx: ctx, config: config, client: client, recorder: recorder, starter: newStarter(), running: map[string]*runningPod{},
	}
}

// CreatePod starts a pod; what goes wrong is told in its status and tried again, as long as it makes sense.
func (k *kubelet) CreatePod(_ context.Context, pod *corev1.Pod) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	running := newRunningPod(k, pod)
	k.running[keyOf(pod)] = running
	go running.run()
	return nil
}

// UpdatePod takes new labels, annotations and the like; what would change a container is not done.
func (k *kubelet) UpdatePod(_ context.Context, pod *corev1.Pod) error {
	running, err := k.find(pod.Namespace, pod.Name)
	if err != nil {
		return err
	}
	running.mutex.Lock()
	defer running.mutex.Unlock()
	running.pod = pod
	return nil
}

// DeletePod stops a pod within its grace period and then has it forgotten by the API server.
func (k *kubelet) DeletePod(_ context.Context, pod *corev1.Pod) error {
	running, err := k.find(pod.Namespace, pod.Name)
	if err != nil || running.pod.UID != pod.UID {
		return errdefs.NotFound("no such pod")
	}
	grace := int64(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = *pod.DeletionGracePeriodSeconds
	}
	go func() {
		running.stop(time.Duration(grace)*time.Second, "", "")
		<-running.done
		now := int64(0)
		err := k.client.CoreV1().Pods(pod.Namespace).Delete(k.ctx, pod.Name, metav1.DeleteOptions{
			GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(pod.UID)),
		})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			k.recorder.Event(pod, corev1.EventTypeWarning, "FailedDelete", err.Error())
		}
		k.forget(running)
	}()
	return nil
}

// nextAddress is of a pod alone; one is not given again for thousands of pods.
func (k *kubelet) nextAddress() net.IP {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.addresses++
	return net.IPv4(10, 244, byte(k.addresses/250), byte(k.addresses%250+2)).To4()
}

func (k *kubelet) forget(pod *runningPod) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.running[keyOf(pod.pod)] == pod {
		delete(k.running, keyOf(pod.pod))
	}
	pod.remove()
}

func (k *kubelet) find(namespace, name string) (*runningPod, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if found, ok := k.running[namespace+"/"+name]; ok {
		return found, nil
	}
	return nil, errdefs.NotFoundf("pod %s/%s is not on this node", namespace, name)
}

// GetPod gives the pod as it was handed over.
func (k *kubelet) GetPod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	running, err := k.find(namespace, name)
	if err != nil {
		return nil, err
	}
	running.mutex.Lock()
	defer running.mutex.Unlock()
	return running.pod.DeepCopy(), nil
}

// GetPodStatus gives what was last written.
func (k *kubelet) GetPodStatus(_ context.Context, namespace, name string) (*corev1.PodStatus, error) {
	running, err := k.find(namespace, name)
	if err != nil {
		return nil, err
	}
	status := running.status()
	return &status, nil
}

func (k *kubelet) all() []*runningPod {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return slices.Collect(maps.Values(k.running))
}

// GetPods gives all pods of the node.
func (k *kubelet) GetPods(context.Context) ([]*corev1.Pod, error) {
	pods := []*corev1.Pod{}
	for _, each := range k.all() {
		each.mutex.Lock()
		pods = append(pods, each.pod.DeepCopy())
		each.mutex.Unlock()
	}
	return pods, nil
}

// NotifyPods would have the controller write the status.
func (k *kubelet) NotifyPods(context.Context, func(*corev1.Pod)) {}

// logs answers `kubectl logs`.
func (k *kubelet) logs(ctx context.Context, namespace, name, container string, options api.ContainerLogOpts) (io.ReadCloser, error) {
	pod, err := k.find(namespace, name)
	if err != nil {
		return nil, err
	}
	log, err := pod.logOf(container, options.Previous)
	if err != nil {
		return nil, err
	}
	return log.open(ctx, options), nil
}

// forward answers `kubectl port-forward`: it connects the stream with a port of the pod.
func (k *kubelet) forward(ctx context.Context, namespace, name string, port int32, stream io.ReadWriteCloser) error {
	pod, err := k.find(namespace, name)
	if err != nil {
		return err
	}
	connection, err := pod.dial(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return err
	}
	join(stream, connection)
	return nil
}

func keyOf(pod *corev1.Pod) string { return fmt.Sprintf("%s/%s", pod.Namespace, pod.Name) }
