package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// content is the files of a volume by their path in it.
type content map[string]contentFile

type contentFile struct {
	data []byte
	mode fs.FileMode
	// Owner, 0 for root.
	uid int
}

// volumes makes the volumes of one pod in a folder and keeps them as the cluster has them.
type volumes struct {
	client kubernetes.Interface
	pod    *corev1.Pod
	folder string
	tokens map[string]token
}

type token struct {
	text string
	// When it is asked for anew.
	renewal time.Time
}

func (v *volumes) path(name string) string { return filepath.Join(v.folder, name) }

// update makes what is absent and brings what stands there up to date.
func (v *volumes) update(ctx context.Context) error {
	for _, volume := range v.pod.Spec.Volumes {
		if err := v.updateOne(ctx, volume); err != nil {
			return fmt.Errorf("volume %q: %w", volume.Name, err)
		}
	}
	return nil
}

func (v *volumes) updateOne(ctx context.Context, volume corev1.Volume) error {
	path := v.path(volume.Name)
	if volume.EmptyDir != nil {
		return v.makeEmpty(path)
	}
	if volume.PersistentVolumeClaim != nil {
		return v.bindClaim(ctx, path, volume.PersistentVolumeClaim.ClaimName)
	}
	files := content{}
	var err error
	switch {
	case volume.ConfigMap != nil:
		source := volume.ConfigMap
		err = v.addConfigMap(ctx, files, source.Name, source.Items, isTrue(source.Optional), modeOf(source.DefaultMode))
	case volume.Secret != nil:
		source := volume.Secret
		err = v.addSecret(ctx, files, source.SecretName, source.Items, isTrue(source.Optional), modeOf(source.DefaultMode))
	case volume.DownwardAPI != nil:
		err = v.addDownward(files, volume.DownwardAPI.Items, modeOf(volume.DownwardAPI.DefaultMode))
	case volume.Projected != nil:
		for _, source := range volume.Projected.Sources {
			if err = v.addProjection(ctx, files, source, modeOf(volume.Projected.DefaultMode)); err != nil {
				break
			}
		}
	default:
		err = fmt.Errorf("this node has no volumes but configMap, secret, downwardAPI, projected, emptyDir and persistentVolumeClaim")
	}
	if err != nil {
		return err
	}
	return v.write(path, files)
}

// bindClaim leads to the folder of this machine that the claim is bound to.
func (v *volumes) bindClaim(ctx context.Context, path, name string) error {
	claim, err := v.client.CoreV1().PersistentVolumeClaims(v.pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if claim.Status.Phase != corev1.ClaimBound {
		return fmt.Errorf("persistentvolumeclaim %q is not bound", name)
	}
	bound, err := v.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if bound.Spec.HostPath == nil {
		return fmt.Errorf("persistentvolume %q is no folder of this machine", bound.Name)
	}
	if before, err := os.Readlink(path); err == nil && before == bound.Spec.HostPath.Path {
		return nil
	}
	return os.Symlink(bound.Spec.HostPath.Path, path)
}

func (v *volumes) addProjection(ctx context.Context, files content, source corev1.VolumeProjection, mode fs.FileMode) error {
	switch {
	case source.ConfigMap != nil:
		return v.addConfigMap(ctx, files, source.ConfigMap.Name, source.ConfigMap.Items, isTrue(source.ConfigMap.Optional), mode)
	case source.Secret != nil:
		return v.addSecret(ctx, files, source.Secret.Name, source.Secret.Items, isTrue(source.Secret.Optional), mode)
	case source.DownwardAPI != nil:
		return v.addDownward(files, source.DownwardAPI.Items, mode)
	case source.ServiceAccountToken != nil:
		text, err := v.token(ctx, source.ServiceAccountToken)
		file := contentFile{data: []byte(text), mode: mode}
		// For the pod's user and group alone, whatever the volume's mode: as a kubelet has it.
		if security := v.pod.Spec.SecurityContext; security != nil && (security.RunAsUser != nil || security.FSGroup != nil) {
			file.mode = 0o600
			if security.RunAsUser != nil {
				file.uid = int(*security.RunAsUser)
			}
		}
		files[source.ServiceAccountToken.Path] = file
		return err
	}
	return fmt.Errorf("this node projects only configMap, secret, downwardAPI and serviceAccountToken")
}

func (v *volumes) addConfigMap(ctx context.Context, files content, name string, items []corev1.KeyToPath, isOptional bool, mode fs.FileMode) error {
	object, err := v.client.CoreV1().ConfigMaps(v.pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && isOptional {
		return nil
	}
	if err != nil {
		return err
	}
	data := maps.Clone(object.BinaryData)
	if data == nil {
		data = map[string][]byte{}
	}
	for key, text := range object.Data {
		data[key] = []byte(text)
	}
	return addKeys(files, "configmap "+name, data, items, isOptional, mode)
}

func (v *volumes) addSecret(ctx context.Context, files content, name string, items []corev1.KeyToPath, isOptional bool, mode fs.FileMode) error {
	object, err := v.client.CoreV1().Secrets(v.pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && isOptional {
		return nil
	}
	if err != nil {
		return err
	}
	return addKeys(files, "secret "+name, object.Data, items, isOptional, mode)
}

func addKeys(files content, what string, data map[string][]byte, items []corev1.KeyToPath, isOptional bool, mode fs.FileMode) error {
	if len(items) == 0 {
		for key, value := range data {
			files[key] = contentFile{data: value, mode: mode}
		}
		return nil
	}
	for _, item := range items {
		value, ok := data[item.Key]
		if !ok && isOptional {
			continue
		}
		if !ok {
			return fmt.Errorf("%s references non-existent config key: %s", what, item.Key)
		}
		files[item.Path] = contentFile{data: value, mode: orElse(item.Mode, mode)}
	}
	return nil
}

func (v *volumes) addDownward(files content, items []corev1.DownwardAPIVolumeFile, mode fs.FileMode) error {
	for _, item := range items {
		if item.FieldRef == nil {
			return fmt.Errorf("this node shows no resourceFieldRef in volumes")
		}
		text, err := fieldOf(v.pod, item.FieldRef.FieldPath)
		if err != nil {
			return err
		}
		files[item.Path] = contentFile{data: []byte(text), mode: orElse(item.Mode, mode)}
	}
	return nil
}

func fieldOf(pod *corev1.Pod, path string) (string, error) {
	switch path {
	case "metadata.name":
		return pod.Name, nil
	case "metadata.namespace":
		return pod.Namespace, nil
	case "metadata.uid":
		return string(pod.UID), nil
	case "metadata.labels":
		return lines(pod.Labels), nil
	case "metadata.annotations":
		return lines(pod.Annotations), nil
	}
	for prefix, from := range map[string]map[string]string{"metadata.labels['": pod.Labels, "metadata.annotations['": pod.Annotations} {
		if key, ok := strings.CutPrefix(path, prefix); ok {
			return from[strings.TrimSuffix(key, "']")], nil
		}
	}
	return "", fmt.Errorf("this node shows no field %s in volumes", path)
}

func lines(pairs map[string]string) string {
	text := ""
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		text += fmt.Sprintf("%s=%q\n", key, pairs[key])
	}
	return text
}

// token is of the pod's service account, for this pod alone, and renewed when four fifths of its time are over.
func (v *volumes) token(ctx context.Context, source *corev1.ServiceAccountTokenProjection) (string, error) {
	if known := v.tokens[source.Path]; time.Now().Before(known.renewal) {
		return known.text, nil
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: source.ExpirationSeconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: v.pod.Name, UID: v.pod.UID},
	}}
	if source.Audience != "" {
		request.Spec.Audiences = []string{source.Audience}
	}
	accounts := v.client.CoreV1().ServiceAccounts(v.pod.Namespace)
	answer, err := accounts.CreateToken(ctx, v.pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	lifetime := time.Until(answer.Status.ExpirationTimestamp.Time)
	v.tokens[source.Path] = token{answer.Status.Token, time.Now().Add(lifetime * 4 / 5)}
	return answer.Status.Token, nil
}

func isTrue(value *bool) bool { return value != nil && *value }

func modeOf(value *int32) fs.FileMode { return orElse(value, 0o644) }

func orElse(value *int32, mode fs.FileMode) fs.FileMode {
	if value == nil {
		return mode
	}
	return fs.FileMode(*value)
}
