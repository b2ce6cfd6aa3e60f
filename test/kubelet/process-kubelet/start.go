package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// starter starts processes from one thread that never ends: the kernel kills them together with the thread that
// started them, and so with this kubelet, however it ends.
type starter chan func()

func newStarter() starter {
	calls := make(starter)
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
}

// startIn starts a command in a network; it is called by the starter's thread, which goes back to its own.
func startIn(network *network, command *exec.Cmd) error {
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer own.Close()
	if err := unix.Setns(int(network.namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	err = command.Start()
	return errors.Join(err, unix.Setns(int(own.Fd()), unix.CLONE_NEWNET))
}

// start returns once the container's command runs, with its standard output and error.
func (s starter) start(spec containerSpec, network *network) (*exec.Cmd, []*os.File, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, nil, err
	}
	var files [4][2]*os.File
	for index := range files {
		if files[index][0], files[index][1], err = os.Pipe(); err != nil {
			return nil, nil, err
		}
	}
	out, errs, input, failure := files[0], files[1], files[2], files[3]
	command := exec.Command("/proc/self/exe", "init")
	command.Env = []string{}
	command.Stdout, command.Stderr = out[1], errs[1]
	command.ExtraFiles = []*os.File{input[0], failure[1]}
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true,
	}
	done := make(chan error)
	s <- func() { done <- startIn(network, command) }
	err = <-done
	for _, file := range []*os.File{out[1], errs[1], input[0], failure[1]} {
		file.Close()
	}
	if err != nil {
		return nil, nil, err
	}
	// What is not read was refused, and says so below.
	_, _ = input[1].Write(text)
	input[1].Close()
	reason, _ := io.ReadAll(failure[0])
	failure[0].Close()
	if len(reason) > 0 {
		_ = command.Wait()
		out[0].Close()
		errs[0].Close()
		return nil, nil, errors.New(string(reason))
	}
	return command, []*os.File{out[0], errs[0]}, nil
}
