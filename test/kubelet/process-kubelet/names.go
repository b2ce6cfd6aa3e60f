package main

import (
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	corev1 "k8s.io/api/core/v1"
)

const (
	// Where pods ask for names, by convention the tenth address of services.
	dnsAddress    = "10.96.0.10"
	clusterDomain = "cluster.local"
	dnsTimeout    = 5 * time.Second
	maxDatagram   = 4096
)

// resolvConf is what a pod of a namespace resolves names by.
func resolvConf(namespace string) string {
	search := []string{namespace + ".svc." + clusterDomain, "svc." + clusterDomain, clusterDomain}
	return "nameserver " + dnsAddress + "\nsearch " + strings.Join(search, " ") + "\noptions ndots:5\n"
}

// answerNames answers for the services of the cluster, and hands on what the machine itself would ask for.
func (k *kubelet) answerNames(socket net.PacketConn) {
	for {
		buffer := make([]byte, maxDatagram)
		count, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		go func() {
			if answer := k.answerName(buffer[:count]); answer != nil {
				_, _ = socket.WriteTo(answer, from)
			}
		}()
	}
}

func (k *kubelet) answerName(query []byte) []byte {
	var message dnsmessage.Message
	if err := message.Unpack(query); err != nil || len(message.Questions) != 1 {
		return nil
	}
	question := message.Questions[0]
	name := strings.TrimSuffix(strings.ToLower(question.Name.String()), ".")
	message.Response, message.RecursionAvailable, message.Additionals = true, true, nil
	service, isOurs := strings.CutSuffix(name, ".svc."+clusterDomain)
	switch {
	case isOurs:
		message.Authoritative = true
		address := k.addressOf(service)
		if address == nil {
			message.RCode = dnsmessage.RCodeNameError
		} else if question.Type == dnsmessage.TypeA {
			header := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 5}
			message.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: [4]byte(address)}}}
		}
	case strings.HasSuffix(name, "."+clusterDomain):
		message.RCode = dnsmessage.RCodeNameError
	default:
		if answer := askMachine(query); answer != nil {
			return answer
		}
		message.RCode = dnsmessage.RCodeServerFailure
	}
	answer, err := message.Pack()
	if err != nil {
		return nil
	}
	return answer
}

// addressOf is that of a service, given as name.namespace.
func (k *kubelet) addressOf(name string) net.IP {
	name, namespace, _ := strings.Cut(name, ".")
	service, err := k.services.Services(namespace).Get(name)
	if err != nil || service.Spec.ClusterIP == corev1.ClusterIPNone {
		return nil
	}
	return net.ParseIP(service.Spec.ClusterIP).To4()
}

// askMachine asks whom this machine asks; nil where nobody answers.
func askMachine(query []byte) []byte {
	text, _ := os.ReadFile("/etc/resolv.conf")
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		connection, err := net.DialTimeout("udp", net.JoinHostPort(fields[1], "53"), dnsTimeout)
		if err != nil {
			continue
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(dnsTimeout))
		buffer := make([]byte, maxDatagram)
		if _, err := connection.Write(query); err != nil {
			continue
		}
		if count, err := connection.Read(buffer); err == nil {
			return buffer[:count]
		}
	}
	return nil
}
