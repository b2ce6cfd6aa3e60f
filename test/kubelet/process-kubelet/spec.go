package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

var reference = regexp.MustCompile(`\$\$|\$\(([A-Za-z_.\-][A-Za-z0-9_.\-]*)\)`)

// expand replaces $(NAME) in commands: https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
func expand(texts []string, variables map[string]string) []string {
	expanded := []string{}
	for _, text := range texts {
		expanded = append(expanded, reference.ReplaceAllStringFunc(text, func(found string) string {
			if found == "$$" {
				return "$"
			}
			if value, ok := variables[found[2:len(found)-1]]; ok {
				return value
			}
			return found
		}))
	}
	return expanded
}

// prepare works out what is started; with an error comes the reason that the status shows.
func (c *container) prepare() (containerSpec, string, error) {
	image, err := findImage(c.pod.kubelet.config.Images, c.spec.Image)
	if err != nil {
		return containerSpec{}, "ErrImagePull", err
	}
	spec, err := c.specOf(image)
	return spec, "CreateContainerConfigError", err
}

func (c *container) specOf(image image) (containerSpec, error) {
	pod := c.pod.pod
	spec := containerSpec{Hostname: pod.Name, Dir: image.WorkingDir}
	if err := c.checkSupport(); err != nil {
		return spec, err
	}
	var err error
	if spec.Identity, err = identityOf(pod, c.spec, image); err != nil {
		return spec, err
	}
	variables := map[string]string{}
	for _, variable := range c.spec.Env {
		variables[variable.Name] = variable.Value
	}
	environment := map[string]string{"HOSTNAME": pod.Name}
	for _, variable := range image.Env {
		name, value, _ := strings.Cut(variable, "=")
		environment[name] = value
	}
	maps.Copy(environment, variables)
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		spec.Env = append(spec.Env, name+"="+environment[name])
	}
	spec.Args = append(expand(c.spec.Command, variables), expand(c.spec.Args, variables)...)
	if len(c.spec.Command) == 0 {
		spec.Args = append(append([]string{}, image.Entrypoint...), spec.Args...)
	}
	if len(spec.Args) == 0 {
		return spec, fmt.Errorf("no command specified")
	}
	if c.spec.WorkingDir != "" {
		spec.Dir = c.spec.WorkingDir
	}
	if spec.Dir == "" {
		spec.Dir = "/"
	}
	spec.Capabilities, err = capabilitiesOf(c.spec.SecurityContext)
	if security := c.spec.SecurityContext; security != nil {
		spec.ReadOnlyRoot = isTrue(security.ReadOnlyRootFilesystem)
		spec.NoNewPrivs = security.AllowPrivilegeEscalation != nil && !*security.AllowPrivilegeEscalation
	}
	who := spec.Identity
	spec.Files = map[string]string{
		"/etc/passwd":      fmt.Sprintf("root:x:0:0:root:/root:/usr/sbin/nologin\nuser:x:%d:%d:user:/tmp:/usr/sbin/nologin\n", who.UID, who.GID),
		"/etc/group":       fmt.Sprintf("root:x:0:\nuser:x:%d:\n", who.GID),
		"/etc/hostname":    pod.Name + "\n",
		"/etc/hosts":       fmt.Sprintf("127.0.0.1 localhost\n::1 localhost\n%s %s\n", c.pod.network.ip, pod.Name),
		"/etc/resolv.conf": resolvConf(pod.Namespace),
	}
	if err == nil {
		err = c.addMounts(&spec, image)
	}
	return spec, err
}

// checkSupport refuses what would silently not be done.
func (c *container) checkSupport() error {
	if c.spec.Lifecycle != nil {
		return notHere("lifecycle hooks")
	}
	if c.spec.TTY || c.spec.Stdin {
		return notHere("terminals and standard input")
	}
	for _, probe := range []*corev1.Probe{c.spec.LivenessProbe, c.spec.ReadinessProbe, c.spec.StartupProbe} {
		if probe != nil && probe.HTTPGet == nil {
			return notHere("probes but httpGet")
		}
	}
	return nil
}

func (c *container) addMounts(spec *containerSpec, image image) error {
	for target, source := range image.Files {
		spec.Mounts = append(spec.Mounts, mount{source, target, true})
	}
	isReadOnly := map[string]bool{}
	for _, volume := range c.pod.pod.Spec.Volumes {
		isReadOnly[volume.Name] = volume.EmptyDir == nil && volume.PersistentVolumeClaim == nil
	}
	for _, each := range c.spec.VolumeMounts {
		if each.SubPathExpr != "" {
			return notHere("subPathExpr")
		}
		source := filepath.Join(c.pod.volumes.path(each.Name), filepath.Join("/", each.SubPath))
		spec.Mounts = append(spec.Mounts, mount{source, each.MountPath, each.ReadOnly || isReadOnly[each.Name]})
	}
	for name, path := range map[string]string{"message": c.messagePath(), "root": ""} {
		source := c.own(name)
		if path == "" {
			if err := os.MkdirAll(source, 0o755); err != nil {
				return err
			}
			spec.Root = source
			continue
		}
		if err := os.MkdirAll(filepath.Dir(source), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(source, nil, 0o666); err != nil {
			return err
		}
		// Whatever the umask.
		if err := os.Chmod(source, 0o666); err != nil {
			return err
		}
		spec.Mounts = append(spec.Mounts, mount{source, path, false})
	}
	return nil
}

func (c *container) own(name string) string {
	return filepath.Join(c.pod.folder(), "containers", c.spec.Name, name)
}

func (c *container) messagePath() string {
	if c.spec.TerminationMessagePath != "" {
		return c.spec.TerminationMessagePath
	}
	return corev1.TerminationMessagePathDefault
}

// Names and numbers of <linux/capability.h>; what Docker and containerd leave to a container that runs as root.
var defaultCapabilities = map[corev1.Capability]uintptr{
	"CHOWN": unix.CAP_CHOWN, "DAC_OVERRIDE": unix.CAP_DAC_OVERRIDE, "FOWNER": unix.CAP_FOWNER, "FSETID": unix.CAP_FSETID,
	"KILL": unix.CAP_KILL, "SETGID": unix.CAP_SETGID, "SETUID": unix.CAP_SETUID, "SETPCAP": unix.CAP_SETPCAP,
	"NET_BIND_SERVICE": unix.CAP_NET_BIND_SERVICE, "NET_RAW": unix.CAP_NET_RAW, "SYS_CHROOT": unix.CAP_SYS_CHROOT,
	"MKNOD": unix.CAP_MKNOD, "AUDIT_WRITE": unix.CAP_AUDIT_WRITE, "SETFCAP": unix.CAP_SETFCAP,
}

func capabilitiesOf(security *corev1.SecurityContext) ([]uintptr, error) {
	kept := map[corev1.Capability]uintptr{}
	for name, number := range defaultCapabilities {
		kept[name] = number
	}
	if security != nil && isTrue(security.Privileged) {
		return nil, notHere("privileged containers")
	}
	if security != nil && security.Capabilities != nil {
		for _, name := range security.Capabilities.Drop {
			if name == "ALL" {
				clear(kept)
			}
			delete(kept, name)
		}
		for _, name := range security.Capabilities.Add {
			number, ok := defaultCapabilities[name]
			if !ok {
				return nil, notHere("capability " + string(name))
			}
			kept[name] = number
		}
	}
	numbers := []uintptr{}
	for _, number := range kept {
		numbers = append(numbers, number)
	}
	return numbers, nil
}
