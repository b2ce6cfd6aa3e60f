import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

// The least that a pass can do: every page of Deployments and one list of the units, read and parsed by the same runtime,
// and nothing done with them. A process of its own, so that time and memory are comparable.

async function read(address: string, options: https.RequestOptions): Promise<unknown> {
  const request = (address.startsWith('https:') ? https : http).request(address, options);
  request.end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (response.statusCode !== 200) throw new Error(`${address}: ${response.statusCode}`);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function readDeployments(server: string, options: https.RequestOptions): Promise<number> {
  let count = 0;
  for (let token: string | undefined = ''; token !== undefined; ) {
    const page = (await read(`${server}/apis/apps/v1/deployments?limit=500&continue=${encodeURIComponent(token)}`, options)) as {
      readonly items: readonly unknown[];
      readonly metadata: { readonly continue?: string };
    };
    count += page.items.length;
    token = page.metadata.continue;
  }
  return count;
}

async function readUnits(url: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const units = (await read(`${url}/api/unit`, { headers })) as readonly { readonly Unit: { readonly Data: string } }[];
  for (const { Unit } of units) Buffer.from(Unit.Data, 'base64').toString('utf8');
  return units.length;
}

const [server = '', ca = '', cert = '', key = '', hubUrl = '', hubToken = ''] = process.argv.slice(2);
const decode = (text: string): Buffer => Buffer.from(text, 'base64');
const agent = new https.Agent({ keepAlive: true, ca: decode(ca), cert: decode(cert), key: decode(key) });
const counts = await Promise.all([readDeployments(server, { agent }), readUnits(hubUrl, hubToken)]);
agent.destroy();
process.stdout.write(`${counts.join(' ')}\n`);
