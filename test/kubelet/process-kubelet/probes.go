package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// probe runs the container's probes until it has ended: first that of its start, then the others.
func (c *container) probe(ended <-chan struct{}) {
	if startup := c.spec.StartupProbe; startup != nil {
		isUp := make(chan bool, 1)
		go c.watch(startup, ended, func(isGood bool) bool {
			isUp <- isGood
			return false
		})
		select {
		case <-ended:
			return
		case isGood := <-isUp:
			if !isGood {
				c.terminate(ended, livenessGrace)
				return
			}
		}
		c.change(func(status *corev1.ContainerStatus) {
			isStarted := true
			status.Started, status.Ready = &isStarted, c.spec.ReadinessProbe == nil
		})
	}
	var both sync.WaitGroup
	if readiness := c.spec.ReadinessProbe; readiness != nil {
		both.Go(func() {
			c.watch(readiness, ended, func(isGood bool) bool {
				c.change(func(status *corev1.ContainerStatus) { status.Ready = isGood && status.State.Running != nil })
				return true
			})
		})
	}
	if liveness := c.spec.LivenessProbe; liveness != nil {
		both.Go(func() {
			c.watch(liveness, ended, func(isGood bool) bool {
				if !isGood {
					c.terminate(ended, livenessGrace)
				}
				return isGood
			})
		})
	}
	both.Wait()
}

// watch asks time and again, and tells when the answer has been another one for as often as the probe's threshold.
// It ends where tell gives false.
func (c *container) watch(probe *corev1.Probe, ended <-chan struct{}, tell func(isGood bool) bool) {
	wait := time.Duration(probe.InitialDelaySeconds) * time.Second
	known, hasTold := false, false
	count := int32(0)
	for {
		select {
		case <-ended:
			return
		case <-time.After(wait):
		}
		wait = time.Duration(max(1, probe.PeriodSeconds)) * time.Second
		err := c.ask(probe)
		isGood := err == nil
		if err != nil {
			c.pod.event(corev1.EventTypeWarning, "Unhealthy", "Probe failed: "+err.Error())
		}
		if hasTold && isGood == known {
			count = 0
			continue
		}
		threshold := probe.SuccessThreshold
		if !isGood {
			threshold = probe.FailureThreshold
		}
		if count++; count < threshold {
			continue
		}
		known, hasTold, count = isGood, true, 0
		if !tell(isGood) {
			return
		}
	}
}

func (c *container) ask(probe *corev1.Probe) error {
	get := probe.HTTPGet
	port := c.pod.portOf(get.Port)
	host, scheme := get.Host, "http"
	if host == "" {
		host = "127.0.0.1"
	}
	if get.Scheme == corev1.URISchemeHTTPS {
		return notHere("probes by HTTPS")
	}
	ctx, cancel := context.WithTimeout(c.pod.kubelet.ctx, time.Duration(max(1, probe.TimeoutSeconds))*time.Second)
	defer cancel()
	url := fmt.Sprintf("%s://%s%s", scheme, net.JoinHostPort(host, fmt.Sprint(port)), get.Path)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "kube-probe/process-kubelet")
	for _, header := range get.HTTPHeaders {
		request.Header.Set(header.Name, header.Value)
	}
	transport := &http.Transport{DialContext: c.pod.dial, DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 1<<10)
	if response.StatusCode < 200 || response.StatusCode >= 400 {
		return fmt.Errorf("HTTP probe failed with statuscode: %d", response.StatusCode)
	}
	return nil
}
