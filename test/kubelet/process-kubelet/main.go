// A small kubelet: it owns one node, and runs each container of the pods there as a process in namespaces of its own,
// where the pod's mounts, environment and user are what the pod says. Images are a table of folders of this machine.
//
//	process-kubelet --config FILE    the configuration: see config
//	process-kubelet init             the first process of a container: see init.go
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
)

// config is what kubelet.ts writes.
type config struct {
	Node   string            `json:"node"`
	Labels map[string]string `json:"labels"`
	Taints []corev1.Taint    `json:"taints"`
	// Of a user who may do everything: it reads the secrets of pods and asks for their tokens.
	Kubeconfig string `json:"kubeconfig"`
	// Host and port of the API server.
	Server string `json:"server"`
	// Of the machine's loopback, which pods reach at the same address.
	Ports []int32 `json:"ports"`
	// PEM files: who may ask this kubelet (the API server), and what it answers with.
	Authority   string `json:"authority"`
	ClientName  string `json:"clientName"`
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// For volumes and the like; nobody else may read it.
	Folder string           `json:"folder"`
	Images map[string]image `json:"images"`
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "init" {
		initContainer()
	}
	path := flag.String("config", "", "configuration file")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	if err := run(ctx, *path); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config config
	if err := json.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	restConfig, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return err
	}
	// A throttle of five requests a second is for large clusters.
	restConfig.QPS, restConfig.Burst = 1000, 1000
	client, err := kubernetes.NewForConfig(restConfig)
	if err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "process-kubelet", Host: config.Node})
	kubelet := newKubelet(ctx, config, client, recorder)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server, err := newServer(config, kubelet)
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	go func() { failed <- server.ServeTLS(listener, config.Certificate, config.Key) }()
	go func() { failed <- runPods(ctx, config, client, recorder, kubelet) }()
	port := listener.Addr().(*net.TCPAddr).Port
	nodes, err := node.NewNodeController(node.NewNaiveNodeProvider(), nodeObject(config, int32(port)), client.CoreV1().Nodes(),
		node.WithNodeEnableLeaseV1(client.CoordinationV1().Leases(corev1.NamespaceNodeLease), 0))
	if err != nil {
		return err
	}
	go func() { failed <- nodes.Run(ctx) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// runPods has the pods of the node created, updated and deleted by the kubelet, with their environment worked out.
func runPods(ctx context.Context, config config, client kubernetes.Interface, recorder record.EventRecorder, kubelet *kubelet) error {
	const never = 0
	ours := informers.NewSharedInformerFactoryWithOptions(client, never, informers.WithTweakListOptions(func(options *metav1.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", config.Node).String()
	}))
	all := informers.NewSharedInformerFactory(client, never)
	core := all.Core().V1()
	pods, err := node.NewPodController(node.PodControllerConfig{
		PodClient:         client.CoreV1(),
		PodInformer:       ours.Core().V1().Pods(),
		EventRecorder:     recorder,
		Provider:          kubelet,
		ConfigMapInformer: core.ConfigMaps(),
		SecretInformer:    core.Secrets(),
		ServiceInformer:   core.Services(),
	})
	if err != nil {
		return err
	}
	kubelet.services = core.Services().Lister()
	all.Start(ctx.Done())
	ours.Start(ctx.Done())
	all.WaitForCacheSync(ctx.Done())
	const workers = 10
	return pods.Run(ctx, workers)
}

// newServer answers the API server alone: what it serves are logs and connections of every pod.
func newServer(config config, kubelet *kubelet) (*http.Server, error) {
	text, err := os.ReadFile(config.Authority)
	if err != nil {
		return nil, err
	}
	authority := x509.NewCertPool()
	if !authority.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", config.Authority)
	}
	routes := api.PodHandler(api.PodHandlerConfig{
		GetContainerLogs:      kubelet.logs,
		PortForward:           kubelet.forward,
		GetPods:               kubelet.GetPods,
		GetPodsFromKubernetes: kubelet.GetPods,
		// Until a stream that nothing flows through is closed; the default of 30 s ends a port-forward that is looked at.
		StreamIdleTimeout:     4 * time.Hour,
		StreamCreationTimeout: 30 * time.Second,
	}, false)
	handler := http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		// Verified against the authority by TLS, which signs for others as well.
		if request.TLS.PeerCertificates[0].Subject.CommonName != config.ClientName {
			http.Error(response, "only the API server may ask", http.StatusForbidden)
			return
		}
		routes.ServeHTTP(response, request)
	})
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority},
	}, nil
}

func nodeObject(config config, port int32) *corev1.Node {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:    quantity("1000"),
		corev1.ResourceMemory: quantity("1Ti"),
		corev1.ResourcePods:   quantity("1000"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: config.Node, Labels: config.Labels},
		Spec:       corev1.NodeSpec{Taints: config.Taints},
		Status: corev1.NodeStatus{
			Capacity:        capacity,
			Allocatable:     capacity,
			Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: port}},
			Conditions: []corev1.NodeCondition{{
				Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "runs pods as processes",
				LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now(),
			}},
		},
	}
}
