import { stringifyJson } from './exact-json.ts';
import type { JsonPatchOperation } from './json-patch.ts';
import { kindNamed } from './kinds/kinds.ts';
import { groupOf, type ObjectRef } from './object-ref.ts';
import { quoted } from './shell.ts';
import { DETECTOR_MANAGER } from './snapshot.ts';

/** The command that makes this JSON patch, to the object itself or through one of its subresources. */
export function patchCommand(ref: ObjectRef, operations: readonly JsonPatchOperation[], subresource = ''): string {
  const through = subresource === '' ? '' : ` --subresource=${subresource}`;
  const flags = `--type=json --field-manager=${DETECTOR_MANAGER} --patch=${quoted(stringifyJson(operations))}`;
  return `kubectl patch ${quoted(typed(ref))}${inNamespace(ref)}${through} ${flags}`;
}

/** The command that deletes an object so that it can be applied anew. */
export function deleteCommand(ref: ObjectRef): string {
  const { deleteFlags } = kindNamed(ref.kind) ?? {};
  const flags = deleteFlags === undefined ? '' : ` ${deleteFlags}`;
  return `kubectl delete ${quoted(`${ref.kind.toLowerCase()}/${ref.name}`)}${inNamespace(ref)}${flags}`;
}

function inNamespace({ namespace }: ObjectRef): string {
  return namespace === '' ? '' : ` --namespace=${quoted(namespace)}`;
}

/** Resource, version, group and name as kubectl reads them: a version that is not named is the server's choice. */
function typed({ apiVersion, kind, name }: ObjectRef): string {
  const group = groupOf(apiVersion);
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return `${kind.toLowerCase()}${group === '' ? '' : `.${version}.${group}`}/${name}`;
}
