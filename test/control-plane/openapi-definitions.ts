import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Releases before 1.24 are published without the Go file that describes the types of their API: their build makes it, and
// without it the server can neither publish OpenAPI nor keep managedFields. The same generator makes the same file here.

export const OPENAPI_GENERATOR = 'k8s.io/kube-openapi/cmd/openapi-gen';
const PACKAGE = 'k8s.io/kubernetes/pkg/generated/openapi';
const FILE = 'zz_generated.openapi';
/** Go takes no packages from a folder with such a name. */
const GENERATED = '_generated';
/** By this comment a package asks for the description of its types (`build/root/Makefile.generated_files`). */
const TAG = '+k8s:openapi-gen=';

/**
 * Generates the file into a vendor folder of the module in `work`, since the cache of modules is not to be changed; build
 * with `-mod=vendor`. `go` runs the go command there and gives its standard output.
 */
export async function generateOpenApi(work: string, go: (parameters: readonly string[]) => Promise<string>): Promise<void> {
  const format = '{{if not .Standard}}{{.ImportPath}}\t{{.Dir}}{{end}}';
  const listed = await go(['list', '-deps', '-f', format, 'k8s.io/kubernetes/cmd/kube-apiserver']);
  const described: string[] = [];
  for (const line of listed.split('\n')) {
    const [path = '', folder = ''] = line.split('\t');
    // The generator's own module names the tag in what it explains.
    if (path.startsWith('k8s.io/') && !path.startsWith('k8s.io/kube-openapi/') && (await hasTag(folder))) described.push(path);
  }
  const licence = join(work, 'licence.txt');
  await writeFile(licence, '');
  const made = ['--output-base', join(work, GENERATED), '-p', PACKAGE, '-O', FILE, '-r', join(work, 'violations.txt')];
  await go(['run', OPENAPI_GENERATOR, '-i', described.join(','), '-h', licence, ...made]);
  await go(['mod', 'vendor']);
  const source = await readFile(join(work, GENERATED, PACKAGE, `${FILE}.go`));
  await writeFile(join(work, 'vendor', PACKAGE, `${FILE}.go`), source);
}

async function hasTag(folder: string): Promise<boolean> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.go'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.some((text) => text.includes(TAG));
}
