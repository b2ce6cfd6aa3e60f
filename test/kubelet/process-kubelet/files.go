package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func (v *volumes) group() *int64 {
	if v.pod.Spec.SecurityContext == nil {
		return nil
	}
	return v.pod.Spec.SecurityContext.FSGroup
}

func (v *volumes) makeEmpty(path string) error {
	if err := makeFolder(path, 0o777); err != nil {
		return err
	}
	return v.own(path, 0, 0o777|fs.ModeSetgid)
}

// own gives a file or folder to its user and the pod's group; without a group the mode stays as it is.
func (v *volumes) own(path string, uid int, mode fs.FileMode) error {
	group := v.group()
	if group == nil {
		return os.Chown(path, uid, 0)
	}
	if err := os.Chown(path, uid, int(*group)); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// write puts the files where the container sees all of them change at once: a folder of their own, which the link
// "..data" leads to and each name through it.
func (v *volumes) write(path string, files content) error {
	if err := makeFolder(path, 0o755); err != nil {
		return err
	}
	if isWritten(path, files) {
		return nil
	}
	folder, err := os.MkdirTemp(path, "..data-")
	if err != nil {
		return err
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	for name, file := range files {
		target := filepath.Join(folder, name)
		if err := makeFolder(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, file.data, file.mode); err != nil {
			return err
		}
		if err := os.Chmod(target, file.mode); err != nil {
			return err
		}
		if err := v.own(target, file.uid, file.mode|0o440); err != nil {
			return err
		}
	}
	return link(path, filepath.Base(folder), files)
}

func link(path, folder string, files content) error {
	data := filepath.Join(path, "..data")
	before, _ := os.Readlink(data)
	if err := os.Symlink(folder, data+".new"); err != nil {
		return err
	}
	if err := os.Rename(data+".new", data); err != nil {
		return err
	}
	if before != "" {
		if err := os.RemoveAll(filepath.Join(path, before)); err != nil {
			return err
		}
	}
	tops := map[string]bool{}
	for name := range files {
		top, _, _ := strings.Cut(name, "/")
		tops[top] = true
		if err := os.Symlink(filepath.Join("..data", top), filepath.Join(path, top)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	entries, err := os.ReadDir(path)
	for _, entry := range entries {
		if !tops[entry.Name()] && !strings.HasPrefix(entry.Name(), "..") {
			err = os.Remove(filepath.Join(path, entry.Name()))
		}
	}
	return err
}

func isWritten(path string, files content) bool {
	count := 0
	_ = filepath.WalkDir(filepath.Join(path, "..data")+"/", func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			count++
		}
		return nil
	})
	if _, err := os.Stat(filepath.Join(path, "..data")); err != nil || count != len(files) {
		return false
	}
	for name, file := range files {
		if data, err := os.ReadFile(filepath.Join(path, "..data", name)); err != nil || string(data) != string(file.data) {
			return false
		}
	}
	return true
}
