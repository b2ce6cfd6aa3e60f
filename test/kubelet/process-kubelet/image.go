package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// image is what a container image would hold, put together of files of this machine.
type image struct {
	// Path in the container to path on this machine, read-only.
	Files      map[string]string `json:"files"`
	Env        []string          `json:"env"`
	Entrypoint []string          `json:"entrypoint"`
	WorkingDir string            `json:"workingDir"`
	// "1000:1000"
	User string `json:"user"`
}

// findImage takes an image by the whole reference, or by what stands before tag and digest.
func findImage(images map[string]image, reference string) (image, error) {
	name, _, _ := strings.Cut(reference, "@")
	if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
		name = name[:colon]
	}
	for _, key := range []string{reference, name} {
		if found, ok := images[key]; ok {
			return found, nil
		}
	}
	known := slices.Sorted(maps.Keys(images))
	return image{}, fmt.Errorf("image %q is not on this node, which has %s", reference, strings.Join(known, ", "))
}

// identity is whom a container runs as; groups are those beside gid.
type identity struct {
	UID    uint32   `json:"uid"`
	GID    uint32   `json:"gid"`
	Groups []uint32 `json:"groups"`
}

func identityOf(pod *corev1.Pod, container *corev1.Container, image image) (identity, error) {
	var who identity
	user, group, _ := strings.Cut(image.User, ":")
	for text, target := range map[string]*uint32{user: &who.UID, group: &who.GID} {
		if text == "" {
			continue
		}
		number, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return who, fmt.Errorf("the image's user %q is no number", image.User)
		}
		*target = uint32(number)
	}
	isNonRoot := false
	ofPod, ofContainer := pod.Spec.SecurityContext, container.SecurityContext
	if ofPod != nil {
		set(&who.UID, ofPod.RunAsUser)
		set(&who.GID, ofPod.RunAsGroup)
		isNonRoot = ofPod.RunAsNonRoot != nil && *ofPod.RunAsNonRoot
		for _, group := range ofPod.SupplementalGroups {
			who.Groups = append(who.Groups, uint32(group))
		}
		if ofPod.FSGroup != nil {
			who.Groups = append(who.Groups, uint32(*ofPod.FSGroup))
		}
	}
	if ofContainer != nil {
		set(&who.UID, ofContainer.RunAsUser)
		set(&who.GID, ofContainer.RunAsGroup)
		if ofContainer.RunAsNonRoot != nil {
			isNonRoot = *ofContainer.RunAsNonRoot
		}
	}
	if isNonRoot && who.UID == 0 {
		return who, fmt.Errorf("container has runAsNonRoot and image will run as root")
	}
	return who, nil
}

func set(target *uint32, value *int64) {
	if value != nil {
		*target = uint32(*value)
	}
}

func quantity(text string) resource.Quantity { return resource.MustParse(text) }
