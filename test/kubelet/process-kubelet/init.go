package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// containerSpec is what the first process of a container reads from file descriptor 3: it holds secrets, which must
// stand in no argument and no file.
type containerSpec struct {
	// An empty folder of this machine that the root is built at, seen by this process alone.
	Root         string            `json:"root"`
	ReadOnlyRoot bool              `json:"readOnlyRoot"`
	Mounts       []mount           `json:"mounts"`
	Files        map[string]string `json:"files"`
	Hostname     string            `json:"hostname"`
	Args         []string          `json:"args"`
	Env          []string          `json:"env"`
	Dir          string            `json:"dir"`
	Identity     identity          `json:"identity"`
	Capabilities []uintptr         `json:"capabilities"`
	NoNewPrivs   bool              `json:"noNewPrivs"`
}

// mount shows a folder or file of this machine at a path of the container.
type mount struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly"`
}

// initContainer is process 1 of a container's namespaces: it builds the root, starts the container's command, passes
// signals on and reaps what is left behind (as tini does in the image), and ends with the command's exit code.
// What keeps it from starting goes to file descriptor 4, which is closed once the command runs.
func initContainer() {
	// Rights are those of a thread, and the command inherits those of the thread that starts it.
	runtime.LockOSThread()
	errors := os.NewFile(4, "errors")
	syscall.CloseOnExec(4)
	// Before the command runs, or the end of a short one would be missed.
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	pid, err := startContainer(os.NewFile(3, "spec"))
	if err != nil {
		fmt.Fprint(errors, err)
		os.Exit(startErrorCode)
	}
	errors.Close()
	for each := range signals {
		number := each.(syscall.Signal)
		switch number {
		case syscall.SIGURG: // the Go runtime's own
		case syscall.SIGCHLD:
			if code, ended := reap(pid); ended {
				os.Exit(code)
			}
		default:
			_ = syscall.Kill(pid, number)
		}
	}
}

// reap takes in whoever ended; the exit code is that of pid, as a shell gives it.
func reap(pid int) (code int, ended bool) {
	for {
		var status syscall.WaitStatus
		child, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || child <= 0 {
			return code, ended
		}
		if child == pid {
			code, ended = status.ExitStatus(), true
			if status.Signaled() {
				code = 128 + int(status.Signal())
			}
		}
	}
}

func startContainer(input *os.File) (int, error) {
	text, err := io.ReadAll(input)
	if err != nil {
		return 0, err
	}
	input.Close()
	var spec containerSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return 0, err
	}
	if err := unix.Sethostname([]byte(spec.Hostname)); err != nil {
		return 0, err
	}
	if err := buildRoot(spec); err != nil {
		return 0, err
	}
	if err := os.Chdir(spec.Dir); err != nil {
		return 0, err
	}
	for _, variable := range spec.Env {
		if path, ok := strings.CutPrefix(variable, "PATH="); ok {
			os.Setenv("PATH", path)
		}
	}
	program, err := exec.LookPath(spec.Args[0])
	if err != nil {
		return 0, err
	}
	if err := dropRights(spec); err != nil {
		return 0, err
	}
	who := spec.Identity
	return syscall.ForkExec(program, spec.Args, &syscall.ProcAttr{
		Env:   spec.Env,
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: who.UID, Gid: who.GID, Groups: who.Groups}},
	})
}

// dropRights takes from whatever this thread starts what the container may never have.
func dropRights(spec containerSpec) error {
	for capability := uintptr(0); capability <= unix.CAP_LAST_CAP; capability++ {
		if slices.Contains(spec.Capabilities, capability) {
			continue
		}
		// EINVAL: a kernel that is older than the list.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil && err != unix.EINVAL {
			return fmt.Errorf("capability %d: %w", capability, err)
		}
	}
	if !spec.NoNewPrivs {
		return nil
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// Of /etc of this machine: how programs are found and loaded, and whom TLS trusts.
var systemFiles = []string{
	"alternatives", "ca-certificates", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "nsswitch.conf", "pki",
	"protocols", "services", "ssl",
}

// buildRoot makes a root of this machine's programs, which are what a base image would be, the image's own files and
// the pod's mounts, and leaves everything else of the machine behind.
func buildRoot(spec containerSpec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := unix.Mount("tmpfs", spec.Root, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("root: %w", err)
	}
	mounts, err := systemMounts(spec.Root)
	if err != nil {
		return err
	}
	for _, folder := range []string{"tmp", "var/tmp", "dev/shm"} {
		if err := makeFolder(filepath.Join(spec.Root, folder), 0o1777); err != nil {
			return err
		}
	}
	for path, text := range spec.Files {
		if err := makeFolder(filepath.Dir(filepath.Join(spec.Root, path)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(spec.Root, path), []byte(text), 0o644); err != nil {
			return err
		}
	}
	slices.SortStableFunc(spec.Mounts, func(a, b mount) int { return strings.Compare(a.Target, b.Target) })
	for _, each := range slices.Concat(mounts, spec.Mounts) {
		if err := bind(spec.Root, each); err != nil {
			return fmt.Errorf("mount %s: %w", each.Target, err)
		}
	}
	if err := makeFolder(filepath.Join(spec.Root, "proc"), 0o755); err != nil {
		return err
	}
	if err := unix.Mount("proc", filepath.Join(spec.Root, "proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	return enterRoot(spec)
}

func enterRoot(spec containerSpec) error {
	old := filepath.Join(spec.Root, ".old")
	if err := os.Mkdir(old, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(spec.Root, old); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := unix.Unmount("/.old", unix.MNT_DETACH); err != nil {
		return err
	}
	if err := os.Remove("/.old"); err != nil {
		return err
	}
	if !spec.ReadOnlyRoot {
		return nil
	}
	return unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
}

// systemMounts lists this machine's programs, and makes the links between them (/bin is usr/bin where they are merged).
// /usr/local is the image's own.
func systemMounts(root string) ([]mount, error) {
	mounts := []mount{}
	for _, device := range []string{"full", "null", "random", "tty", "urandom", "zero"} {
		mounts = append(mounts, mount{"/dev/" + device, "/dev/" + device, false})
	}
	for _, name := range systemFiles {
		// What is a link on this machine would lead nowhere.
		if source, err := filepath.EvalSymlinks("/etc/" + name); err == nil {
			mounts = append(mounts, mount{source, "/etc/" + name, true})
		}
	}
	usr, err := os.ReadDir("/usr")
	if err != nil {
		return nil, err
	}
	paths := []string{"/bin", "/lib", "/lib32", "/lib64", "/sbin"}
	for _, entry := range usr {
		if entry.Name() != "local" {
			paths = append(paths, "/usr/"+entry.Name())
		}
	}
	if err := makeFolder(filepath.Join(root, "usr"), 0o755); err != nil {
		return nil, err
	}
	for _, path := range paths {
		if link, err := os.Readlink(path); err == nil {
			if err := os.Symlink(link, filepath.Join(root, path)); err != nil {
				return nil, err
			}
		} else if _, err := os.Stat(path); err == nil {
			mounts = append(mounts, mount{path, path, true})
		}
	}
	return mounts, nil
}

func bind(root string, each mount) error {
	target := filepath.Join(root, each.Target)
	info, err := os.Stat(each.Source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = makeFolder(target, 0o755)
	} else if err = makeFolder(filepath.Dir(target), 0o755); err == nil {
		var file *os.File
		if file, err = os.OpenFile(target, os.O_CREATE|os.O_RDONLY, 0o644); err == nil {
			file.Close()
		}
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(each.Source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if !each.ReadOnly {
		return nil
	}
	return unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
}

// makeFolder gives exactly the mode to the last folder, whatever the umask.
func makeFolder(path string, mode os.FileMode) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return unix.Chmod(path, uint32(mode))
}
