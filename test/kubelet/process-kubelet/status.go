package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// write tells the API server how the pod is.
func (p *runningPod) write() {
	p.writing.Lock()
	defer p.writing.Unlock()
	patch, err := patchOf(p.pod, p.status())
	if err != nil {
		log.Printf("%s: %v", keyOf(p.pod), err)
		return
	}
	for {
		_, err := p.kubelet.client.CoreV1().Pods(p.pod.Namespace).Patch(
			p.kubelet.ctx, p.pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
		if err == nil || apierrors.IsNotFound(err) || errors.Is(err, context.Canceled) {
			return
		}
		log.Printf("%s: status: %v", keyOf(p.pod), err)
		// Another pod of the same name, or a status that is refused, would be so again.
		if apierrors.IsConflict(err) || apierrors.IsInvalid(err) {
			return
		}
		time.Sleep(retryPause)
	}
}

// patchOf names the pod's uid, so that another pod of the same name is not meant.
func patchOf(pod *corev1.Pod, status corev1.PodStatus) ([]byte, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&status)
	if err != nil {
		return nil, err
	}
	conditions, _, err := unstructured.NestedSlice(fields, "conditions")
	if err != nil {
		return nil, err
	}
	for _, each := range conditions {
		// What a merge does not mention it keeps.
		if condition, ok := each.(map[string]any); ok && condition["reason"] == nil {
			condition["reason"] = nil
		}
	}
	fields["conditions"] = conditions
	return json.Marshal(map[string]any{"metadata": map[string]any{"uid": pod.UID}, "status": fields})
}

func (p *runningPod) status() corev1.PodStatus {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	status := corev1.PodStatus{
		Phase: p.phase(), Reason: p.reason, Message: p.message, StartTime: &p.started,
		HostIP: "127.0.0.1",
	}
	if p.network != nil {
		status.PodIP = p.network.ip.String()
		status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
	}
	isReady := p.isInitialized && !p.isOver
	for _, each := range p.inits {
		status.InitContainerStatuses = append(status.InitContainerStatuses, each.status)
	}
	for _, each := range p.containers {
		status.ContainerStatuses = append(status.ContainerStatuses, each.status)
		isReady = isReady && each.status.Ready
	}
	reason := ""
	if p.isOver {
		reason = "PodCompleted"
	} else if !isReady {
		reason = "ContainersNotReady"
	}
	status.Conditions = []corev1.PodCondition{
		p.condition(corev1.PodInitialized, p.isInitialized, ""),
		p.condition(corev1.ContainersReady, isReady, reason),
		p.condition(corev1.PodReady, isReady, reason),
	}
	return status
}

// phase follows from the containers: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
func (p *runningPod) phase() corev1.PodPhase {
	all := slices.Concat(p.inits, p.containers)
	if p.isOver {
		for _, each := range all {
			if ended := each.status.State.Terminated; ended == nil || ended.ExitCode != 0 {
				return corev1.PodFailed
			}
		}
		if p.reason != "" {
			return corev1.PodFailed
		}
		return corev1.PodSucceeded
	}
	for _, each := range p.containers {
		if each.status.State.Waiting == nil || each.status.RestartCount > 0 {
			return corev1.PodRunning
		}
	}
	return corev1.PodPending
}

// condition keeps the time of its last change.
func (p *runningPod) condition(kind corev1.PodConditionType, isTrue bool, reason string) corev1.PodCondition {
	status := corev1.ConditionFalse
	if isTrue {
		status, reason = corev1.ConditionTrue, ""
	}
	if p.since[kind].status != status {
		p.since[kind] = since{status, metav1.Now()}
	}
	return corev1.PodCondition{Type: kind, Status: status, Reason: reason, LastTransitionTime: p.since[kind].at}
}

type since struct {
	status corev1.ConditionStatus
	at     metav1.Time
}
