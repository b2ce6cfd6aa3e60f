import type { JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { HubError } from '../errors.ts';
import { everything, present } from '../query/present.ts';
import { Reader } from '../query/reader.ts';
import { readPatch } from '../units/body.ts';
import { changeUnit } from '../units/change.ts';
import { type HubRoutes, newRoutes, parametersOf } from './environment.ts';
import { unitOf } from './lookup.ts';

/** Configuration by itself, as generation C reads and writes it (reference, sections 1.5 and 6.8). */
export function unitDataRoutes(hub: Hub): HubRoutes {
  const { store } = hub;
  return newRoutes()
    .get('/space/:space/unit/:unit/data', (request) => {
      const unit = unitOf(hub, request);
      const etag = `"${unit.DataHash}"`;
      if (names(request.req.header('if-none-match'), unit)) return request.body(null, 304, { etag });
      return request.body(new Uint8Array(store.blobs.get(unit.DataHash)), 200, {
        etag,
        'content-type': 'application/octet-stream',
      });
    })
    .put('/space/:space/unit/:unit/data', async (request) => {
      const data = Buffer.from(await request.req.arrayBuffer());
      const parameters = parametersOf(request);
      const description = parameters.last_change_description;
      const work = (): JsonObject => {
        const unit = unitOf(hub, request);
        assertHash(unit, request.req.header('if-match'));
        const body = readPatch(unit, description === undefined ? {} : { LastChangeDescription: description });
        const changed = changeUnit(hub, request.get('caller'), unit, {
          ...body,
          data,
          source: 'Update',
          stamp: 'Updated',
          changeSetParameter: parameters.change_set_id,
          tag: parameters.tag,
        });
        return { Unit: present(new Reader(store), { entity: 'Unit', record: changed, owner: 'Unit', wanted: everything }) };
      };
      return request.json(parameters.dry_run ? store.database.rehearse(work) : store.database.write(work));
    })
    .get('/space/:space/unit/:unit/:state{live-state|live_state|live_data}', (request) => {
      const { LiveStateHash } = unitOf(hub, request);
      const state = LiveStateHash === null ? Buffer.alloc(0) : store.blobs.get(LiveStateHash);
      return request.body(new Uint8Array(state), 200, { 'content-type': 'application/octet-stream' });
    });
}

/** Whether a condition names the data that the unit has: by its tag, weak or not, among others or not, or by `*` (RFC 9110, 13.1). */
function names(condition: string | undefined, unit: Unit): boolean {
  const tags = (condition ?? '').split(',').map((tag) => tag.trim().replace(/^W\//u, ''));
  return tags.includes('*') || tags.includes(`"${unit.DataHash}"`);
}

function assertHash(unit: Unit, ifMatch: string | undefined): void {
  if (ifMatch === undefined || names(ifMatch, unit)) return;
  throw new HubError(412, `data has changed since last read: unit ${unit.Slug} is at "${unit.DataHash}"`, {
    type: 'Unit',
    id: unit.UnitID,
  });
}
