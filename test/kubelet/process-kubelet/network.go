package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const dialTimeout = 10 * time.Second

// network is a pod's own: what listens there is in nobody's way. Each TCP connection to another address is redirected to
// this kubelet, which makes it on the machine's own network instead, or where kube-proxy would lead what is meant for a
// service. Names are asked of this kubelet as well.
type network struct {
	kubelet   *kubelet
	namespace *os.File
	ip        net.IP
	closers   []io.Closer
}

func newNetwork(kubelet *kubelet, ip net.IP) (*network, error) {
	made := &network{kubelet: kubelet, ip: ip}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		var err error
		if made.namespace, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		if err := made.configure(); err != nil {
			return err
		}
		return made.listen()
	})
	if err != nil {
		made.close()
		return nil, fmt.Errorf("network: %w", err)
	}
	return made, nil
}

// onThread runs a function on a thread that ends with it, so that its namespaces are nobody else's.
func onThread(what func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- what()
	}()
	return <-done
}

func (n *network) configure() error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return err
	}
	own := &net.IPNet{IP: n.ip, Mask: net.CIDRMask(32, 32)}
	if err := netlink.AddrAdd(loopback, &netlink.Addr{IPNet: own}); err != nil {
		return err
	}
	// Every address is one of this network, or the kernel would refuse it before it is redirected.
	return netlink.RouteAdd(&netlink.Route{
		LinkIndex: loopback.Attrs().Index,
		Dst:       &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)},
		Src:       n.ip,
		Type:      unix.RTN_LOCAL,
		Table:     unix.RT_TABLE_LOCAL,
		Scope:     netlink.SCOPE_HOST,
	})
}

// listen takes in what goes out. It is called on the namespace's thread.
func (n *network) listen() error {
	names, err := net.ListenPacket("udp4", net.JoinHostPort(dnsAddress, "53"))
	if err != nil {
		return err
	}
	n.closers = append(n.closers, names)
	go n.kubelet.answerNames(names)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	n.closers = append(n.closers, listener)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go n.lead(connection.(*net.TCPConn))
		}
	}()
	return n.redirect(uint16(listener.Addr().(*net.TCPAddr).Port))
}

// redirect sends to a port of the loopback what is meant for others, and for the ports of the machine's own loopback.
func (n *network) redirect(port uint16) error {
	rules, err := nftables.New(nftables.WithNetNSFd(int(n.namespace.Fd())))
	if err != nil {
		return err
	}
	table := rules.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "pod"})
	chain := rules.AddChain(&nftables.Chain{
		Name: "out", Table: table, Type: nftables.ChainTypeNAT, Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityNATDest,
	})
	const addressOffset, portOffset = 16, 2 // of the destination, in the headers of IPv4 and TCP
	bytes := func(base expr.PayloadBase, offset, count uint32) expr.Any {
		return &expr.Payload{DestRegister: 1, Base: base, Offset: offset, Len: count}
	}
	compare := func(operation expr.CmpOp, data []byte) expr.Any {
		return &expr.Cmp{Op: operation, Register: 1, Data: data}
	}
	address := bytes(expr.PayloadBaseNetworkHeader, addressOffset, net.IPv4len)
	network := bytes(expr.PayloadBaseNetworkHeader, addressOffset, 1)
	isTCP := []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, compare(expr.CmpOpEq, []byte{unix.IPPROTO_TCP})}
	redirected := []expr.Any{
		&expr.Immediate{Register: 1, Data: binaryutil.BigEndian.PutUint16(port)}, &expr.Redir{RegisterProtoMin: 1},
	}
	toOthers := []expr.Any{address, compare(expr.CmpOpNeq, n.ip.To4()), network, compare(expr.CmpOpNeq, []byte{127})}
	rules.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: slices.Concat(isTCP, toOthers, redirected)})
	for _, port := range n.kubelet.config.Ports {
		toMachine := []expr.Any{
			network, compare(expr.CmpOpEq, []byte{127}), bytes(expr.PayloadBaseTransportHeader, portOffset, 2),
			compare(expr.CmpOpEq, binaryutil.BigEndian.PutUint16(uint16(port))),
		}
		rules.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: slices.Concat(isTCP, toMachine, redirected)})
	}
	return rules.Flush()
}

// lead makes the connection that the pod asked for.
func (n *network) lead(connection *net.TCPConn) {
	wanted, err := originalDestination(connection)
	if err == nil {
		ctx, cancel := context.WithTimeout(n.kubelet.ctx, dialTimeout)
		defer cancel()
		var made net.Conn
		if made, err = n.connect(ctx, wanted); err == nil {
			join(connection, made)
			return
		}
	}
	log.Printf("from %s: %v", n.ip, err)
	// A reset is as near to a refusal as one can come after the connection was accepted.
	_ = connection.SetLinger(0)
	_ = connection.Close()
}

// originalDestination is what was meant before the redirection: SO_ORIGINAL_DST of <linux/netfilter_ipv4.h>, read by a
// call for another structure that has room for a sockaddr_in.
func originalDestination(connection *net.TCPConn) (wanted *net.TCPAddr, err error) {
	raw, err := connection.SyscallConn()
	if err != nil {
		return nil, err
	}
	const soOriginalDst = 80
	failed := raw.Control(func(descriptor uintptr) {
		var answer *unix.IPv6Mreq
		if answer, err = unix.GetsockoptIPv6Mreq(int(descriptor), unix.SOL_IP, soOriginalDst); err == nil {
			address := answer.Multiaddr
			wanted = &net.TCPAddr{IP: net.IP(address[4:8]), Port: int(binary.BigEndian.Uint16(address[2:4]))}
		}
	})
	return wanted, errors.Join(err, failed)
}

func (n *network) connect(ctx context.Context, wanted *net.TCPAddr) (net.Conn, error) {
	services, err := n.kubelet.services.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, service := range services {
		if wanted.IP.Equal(net.ParseIP(service.Spec.ClusterIP)) {
			return n.kubelet.connectService(ctx, service, wanted.Port)
		}
	}
	for _, pod := range n.kubelet.all() {
		if wanted.IP.String() == pod.status().PodIP {
			return pod.dial(ctx, "tcp", wanted.String())
		}
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", wanted.String())
}

// connectService leads to the API server, or to a ready pod of this node.
func (k *kubelet) connectService(ctx context.Context, service *corev1.Service, port int) (net.Conn, error) {
	var dialer net.Dialer
	if service.Namespace == corev1.NamespaceDefault && service.Name == "kubernetes" {
		return dialer.DialContext(ctx, "tcp", k.config.Server)
	}
	target := intstr.FromInt(port)
	for _, each := range service.Spec.Ports {
		if int(each.Port) == port && (each.TargetPort.IntVal != 0 || each.TargetPort.StrVal != "") {
			target = each.TargetPort
		}
	}
	for _, pod := range k.all() {
		isMeant := len(service.Spec.Selector) > 0 && pod.pod.Namespace == service.Namespace &&
			labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(pod.pod.Labels))
		if isMeant && pod.isReady() {
			return pod.dial(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", pod.portOf(target)))
		}
	}
	return nil, fmt.Errorf("no pod of service %s/%s is ready", service.Namespace, service.Name)
}

// dial connects with a server in the pod.
func (n *network) dial(ctx context.Context, protocol, address string) (connection net.Conn, err error) {
	err = onThread(func() error {
		if err := unix.Setns(int(n.namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		var dialer net.Dialer
		connection, err = dialer.DialContext(ctx, protocol, address)
		return err
	})
	return connection, err
}

func (n *network) close() {
	for _, each := range n.closers {
		_ = each.Close()
	}
	if n.namespace != nil {
		_ = n.namespace.Close()
	}
}

// join copies both ways until both have ended.
func join(one, other io.ReadWriteCloser) {
	var both sync.WaitGroup
	copyAll := func(to io.WriteCloser, from io.Reader) {
		_, err := io.Copy(to, from)
		if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
			_ = half.CloseWrite()
		} else if !errors.Is(err, net.ErrClosed) {
			_ = to.Close()
		}
	}
	both.Go(func() { copyAll(one, other) })
	both.Go(func() { copyAll(other, one) })
	both.Wait()
	_ = one.Close()
	_ = other.Close()
}
